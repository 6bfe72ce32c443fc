"""What the tests of the API engines share: requests, a server of any bodies, an engine that is run to its end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from support.serving import Quiet, Served
from util.engines.base import Completion, Engine, Request, Sampling
from util.records import Message, SampleId


def requests(count: int, max_tokens: int = 50) -> list[Request]:
    """Requests q0, q1 ...: the key is the text."""
    return [
        Request(SampleId(f"q{i}"), [Message("user", f"q{i}")], Sampling(0.0, max_tokens=max_tokens))
        for i in range(count)
    ]


def collected(engine: Engine, wanted: Iterable[Request], into: list[Completion] | None = None) -> list[Completion]:
    """Every completion of the engine; ``into`` also has those that came before a failure."""
    found = into if into is not None else []

    async def main() -> None:
        async for completion in engine.generate(wanted):
            found.append(completion)

    asyncio.run(main())
    return found


def key_file(folder: Path, keys: Iterable[str]) -> Path:
    path = folder / "keys.txt"
    path.write_text("# keys\n\n" + "\n".join(keys) + "\n")
    return path


def chat_answer(text: str | None = "two", reason: Any = "stop", **message: Any) -> dict[str, Any]:
    """The body of a chat completion that took 10 + 5 tokens."""
    return {
        "id": "x", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text, **message}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }  # fmt: skip


class AnyServer(Served):
    """Answers with what ``behaviour`` returns for the text of a request's last message.

    That is a body (bytes, or a value that is sent as JSON), or a status with one.
    """

    def __init__(self, behaviour: Callable[[str], Any]) -> None:
        self.bodies: list[bytes] = []
        """Of the requests, as they came."""
        self.texts: list[str] = []
        self.check: Callable[[dict[str, Any]], Any] = lambda body: None
        """What to answer to a body instead; None for what ``behaviour`` says."""
        lock = threading.Lock()
        outer = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fields = json.loads(body)
                text = fields["messages"][-1]["content"]
                with lock:
                    outer.bodies.append(body)
                    outer.texts.append(text)
                found = outer.check(fields) or behaviour(text)
                status, content = found if isinstance(found, tuple) else (200, found)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.reply(status, data, {"Content-Type": "application/json"})

        self.serve(Handler)
        self.url += "/v1"
