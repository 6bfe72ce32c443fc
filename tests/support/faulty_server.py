"""An OpenAI-compatible server over a real socket that fails on purpose."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.serving import Listener

Behaviour = Callable[[dict[str, Any], int], "int | str | dict[str, Any]"]
"""(request body, number of identical requests before) -> HTTP status, "cut", "garbage", or the body to send."""


class FaultyServer:
    """Answers every request with \\boxed{2} unless ``behaviour`` returns something other than 200.

    requests: the bodies, in order of arrival. keys: requests by Authorization header.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    name = json.dumps(body, sort_keys=True)
                    before = outer._seen[name]
                    outer._seen[name] += 1
                    outer.requests.append(body)
                    outer.keys[self.headers.get("Authorization", "")] += 1
                status = behaviour(body, before)
                if status == "cut":
                    self.connection.close()
                    return
                data = b"<html>" if status == "garbage" else json.dumps(answer(body)).encode()
                if isinstance(status, dict):
                    data = json.dumps(status).encode()
                code = status if isinstance(status, int) else 200
                if code != 200:
                    data = json.dumps({"error": {"message": f"fault {code}"}}).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                if code == 429:
                    self.send_header("retry-after", "0.05")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """The chat completion for a request: a difficulty of 7 where one is asked for, else \\boxed{2}."""
    text = (
        "It is hard. [[7]]"
        if "rate how hard" in body["messages"][0]["content"]
        else "So it is two.\nThe answer is \\boxed{2}."
    )
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
