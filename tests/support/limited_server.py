"""An OpenAI-compatible server over a real socket that enforces rate limits per key and fails in the usual ways."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.faulty_server import answer
from support.serving import Listener


class LimitedServer:
    """Each key has a token bucket: ``rpm`` requests per minute are added to it, and it holds at most ``burst``.

    faults: the share of requests, from 0 to 1, that get a 500, a cut connection, garbage, or a slow answer.
    refused: keys that get 401. exhausted: keys that get 429 with insufficient_quota.
    """

    def __init__(
        self,
        rpm: float,
        burst: float,
        faults: float = 0.0,
        refused: tuple[str, ...] = (),
        exhausted: tuple[str, ...] = (),
    ) -> None:
        self.rpm, self.burst = rpm, burst
        self.answered: Counter[str] = Counter()
        """Completed answers, by the request's last message."""
        self.by_key: Counter[str] = Counter()
        """Requests within the limit, by key."""
        self.limited: Counter[str] = Counter()
        """Requests answered with 429, by key."""
        self._level: dict[str, float] = {}
        self._at: dict[str, float] = {}
        self._chance, self._lock = random.Random(0), threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers.get("Authorization", "").removeprefix("Bearer ")
                if key in refused:
                    return self._send(401, {"error": {"message": "no such key"}})
                if key in exhausted:
                    return self._send(429, {"error": {"message": "pay first", "code": "insufficient_quota"}})
                allowed, level = outer.take(key)
                if not allowed:
                    wait = (1 - level) * 60 / outer.rpm
                    return self._send(
                        429, {"error": {"message": "slow down"}}, level, {"retry-after-ms": f"{wait * 1000:.0f}"}
                    )
                with outer._lock:
                    kind = (
                        outer._chance.choice(["500", "cut", "garbage", "slow"])
                        if outer._chance.random() < faults
                        else ""
                    )
                if kind == "cut":
                    self.close_connection = True
                    self.connection.close()
                    return None
                if kind == "500":
                    return self._send(500, {"error": {"message": "oh"}}, level)
                if kind == "garbage":
                    return self._send(200, None, level)
                time.sleep(1.0 if kind == "slow" else 0.05)
                with outer._lock:
                    outer.answered[body["messages"][-1]["content"]] += 1
                return self._send(200, answer(body), level)

            def _send(
                self,
                status: int,
                content: dict[str, Any] | None,
                level: float | None = None,
                more: dict[str, str] | None = None,
            ) -> None:
                data = b"<html>" if content is None else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                headers = dict(more or {})
                if level is not None:
                    headers |= {
                        "x-ratelimit-limit-requests": f"{outer.rpm:.0f}",
                        "x-ratelimit-remaining-requests": f"{max(0, int(level))}",
                        "x-ratelimit-reset-requests": f"{(outer.burst - level) * 60 / outer.rpm:.3f}s",
                    }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, key: str) -> tuple[bool, float]:
        """Take one request from the bucket of ``key``: (whether it is within the limit, requests left)."""
        with self._lock:
            now = time.monotonic()
            level = min(self.burst, self._level.get(key, self.burst) + (now - self._at.get(key, now)) * self.rpm / 60)
            allowed = level >= 1
            level -= allowed
            self._level[key], self._at[key] = level, now
            (self.by_key if allowed else self.limited)[key] += 1
            return allowed, level

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
