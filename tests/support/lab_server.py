"""An OpenAI-compatible server over real sockets with limits, latencies, faults of all kinds, and a bill of its own.

    python lab_server.py SPEC

SPEC is the JSON of a ``LabSpec``. It runs as a process of its own, so that it does not share an interpreter with the
engine under test: ``support.lab`` starts it and talks to it in lines. Several servers (ports) share one book of answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

FAULTS = (
    "500", "503", "529", "429", "cut before", "cut middle", "garbage", "empty", "error in 200", "html", "slow", "abort",
)  # fmt: skip
"""Kinds of a fault. 429: the key is closed for a while. html: a gateway's page with status 502."""

_ERRORS = {"500": "internal error", "503": "service unavailable", "529": "overloaded"}
_EVENTS, _JSON = "text/event-stream", "application/json"


@dataclass(frozen=True)
class LabSpec:
    """What to play. rpm: requests per minute of each server and key, by server; a key that is not named is refused.

    burst: seconds of its rate that a key's bucket holds. faults: share of the requests that fail in one of ``kinds``.
    first_token: seconds until an answer begins, at least and at most; a slow answer needs ``slow`` more. speed: tokens
    per second of an answer. tokens: of an answer, at least and at most. closed: seconds that a 429 burst closes a key.
    """

    rpm: list[dict[str, float]]
    burst: float = 2.0
    faults: float = 0.0
    kinds: tuple[str, ...] = FAULTS
    first_token: tuple[float, float] = (0.1, 0.3)
    slow: float = 3.0
    speed: float = 100.0
    tokens: tuple[int, int] = (10, 60)
    chunk: int = 2
    closed: float = 1.0
    model: str = "m"
    seed: int = 0

    @property
    def answer_seconds(self) -> float:
        """How long an ordinary answer takes on average."""
        return sum(self.first_token) / 2 + sum(self.tokens) / 2 / self.speed


def tokens_of(text: str) -> int:
    """What this server counts for a prompt; another count than any estimate of a client's."""
    return 5 + round(len(text) / 3.1)


@dataclass
class Lane:
    """The token bucket of one key at one server. lost: requests that a 429 burst took away."""

    rate: float
    room: float
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)
    accepted: int = 0
    refused: int = 0
    lost: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def take(self) -> bool:
        now = time.monotonic()
        self.level = min(self.room, self.level + (now - self.at) * self.rate)
        self.at = now
        within = self.level >= 1.0
        self.level -= within
        self.accepted += within
        self.refused += not within
        return within

    def shut(self, seconds: float) -> None:
        self.lost += max(self.level, 0.0) + seconds * self.rate + 1.0
        self.level = -seconds * self.rate
        self.accepted -= 1
        self.refused += 1

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit-requests": f"{self.rate * 60:.0f}",
            "x-ratelimit-remaining-requests": str(max(0, int(self.level))),
            "x-ratelimit-reset-requests": f"{(self.room - self.level) / self.rate:.3f}s",
        }


@dataclass
class Asked:
    """One accepted request. words: of its answer, one a token."""

    lane: Lane
    text: str
    prompt: int
    words: list[str]
    streams: bool
    fault: str
    out: asyncio.StreamWriter
    extra: float = 0.0
    sent: int = 0

    def usage(self, completion: int) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": completion,
            "total_tokens": self.prompt + completion,
        }

    def pieces(self, chunk: int) -> Iterator[list[str]]:
        for i in range(0, len(self.words), chunk):
            yield self.words[i : i + chunk]


class LabServer:
    """The servers of one lab, in one event loop."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self.chance = random.Random(spec.seed)
        self.lanes = [{key: self._lane(rpm) for key, rpm in each.items()} for each in spec.rpm]
        self.answered: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.ports = [0] * len(spec.rpm)
        self.began = 0.0
        self.down_at: list[list[float]] = [[] for _ in spec.rpm]
        """Seconds since the first request at which each server went down and came back."""
        self._listeners: list[asyncio.Server | None] = [None] * len(spec.rpm)
        self._open: list[set[asyncio.StreamWriter]] = [set() for _ in spec.rpm]

    def _lane(self, rpm: float) -> Lane:
        room = max(1.0, rpm / 60 * self.spec.burst)
        return Lane(rpm / 60, room, room)

    async def up(self, index: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._open[index].add(writer)
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    while await self._exchange(index, reader, writer):
                        pass
            finally:
                self._open[index].discard(writer)
                writer.close()

        listener = await asyncio.start_server(serve, "127.0.0.1", self.ports[index], backlog=1024)
        self._listeners[index], self.ports[index] = listener, listener.sockets[0].getsockname()[1]
        if self.down_at[index]:
            self.down_at[index].append(time.monotonic() - self.began)

    def down(self, index: int) -> None:
        """Close the port and reset every connection."""
        listener = self._listeners[index]
        assert listener is not None
        listener.close()
        for writer in list(self._open[index]):
            _reset(writer)
        self.down_at[index].append(time.monotonic() - self.began)

    def bill(self) -> dict[str, Any]:
        """Everything counted so far, as JSON. lanes: by server and key."""
        lanes = [
            {
                key: {
                    name: getattr(lane, name)
                    for name in ("rate", "room", "accepted", "refused", "lost", "prompt_tokens", "completion_tokens")
                }
                for key, lane in each.items()
            }
            for each in self.lanes
        ]
        open_now = sum(map(len, self._open))
        return {
            "lanes": lanes, "answered": self.answered, "arrived": self.arrived, "faults": self.faults,
            "down_at": self.down_at, "open": open_now,
        }  # fmt: skip

    # -- one request ---------------------------------------------------------------------------------------------------

    async def _exchange(self, index: int, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if head[0].startswith("GET"):
            card = {"id": self.spec.model, "object": "model", "owned_by": "lab"}
            return await _whole(out, 200, json.dumps({"object": "list", "data": [card]}), {})
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.began = self.began or time.monotonic()
        lane = self.lanes[index].get(headers.get("authorization", "").removeprefix("Bearer "))
        if lane is None:
            return await _whole(out, 401, _error("no such key"), {})
        within = lane.take()
        fault = ""
        if within and self.chance.random() < self.spec.faults:
            fault = self.chance.choice(self.spec.kinds)
            self.faults[fault] += 1
        if fault == "429":
            lane.shut(self.spec.closed)
        if fault == "429" or not within:
            wait = {"retry-after-ms": f"{(1 - lane.level) / lane.rate * 1000:.0f}"}
            return await _whole(out, 429, _error("rate limit reached"), lane.headers() | wait)
        if fault in _ERRORS:
            return await _whole(out, int(fault), _error(_ERRORS[fault]), lane.headers())
        if fault == "html":
            page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
            return await _whole(out, 502, page, lane.headers(), "text/html")
        if fault == "error in 200":
            return await _whole(out, 200, _error("the engine is overloaded", code=503), lane.headers())
        text = body["messages"][-1]["content"]
        self.arrived[text] += 1
        asked = Asked(
            lane, text, sum(tokens_of(each["content"]) for each in body["messages"]), self._words(text),
            bool(body.get("stream")), fault, out, self.spec.slow if fault == "slow" else 0.0,
        )  # fmt: skip
        lane.prompt_tokens += asked.prompt
        try:
            return await self._answer(asked)
        finally:
            lane.completion_tokens += asked.sent

    def _words(self, text: str) -> list[str]:
        """The answer to a prompt: always the same."""
        chance = random.Random(text)
        count = chance.randint(*self.spec.tokens)
        return [*(chance.choice(("so ", "thus ", "two ", "add ", "one ")) for _ in range(count - 1)), "\\boxed{2}"]

    async def _answer(self, asked: Asked) -> bool:
        await asyncio.sleep(self.chance.uniform(*self.spec.first_token) + asked.extra)
        if asked.fault == "cut before":
            _reset(asked.out)
            return False
        if asked.fault == "garbage":
            return await _whole(asked.out, 200, '{"choices": [{"mess\x00', asked.lane.headers())
        if asked.fault == "empty":
            asked.words = []
        return await (self._stream(asked) if asked.streams else self._plain(asked))

    async def _plain(self, asked: Asked) -> bool:
        words, reason = asked.words, "abort" if asked.fault == "abort" else "stop"
        if asked.fault in ("abort", "cut middle"):
            words = words[: len(words) // 2]
        await asyncio.sleep(len(words) / self.spec.speed)
        message = {"role": "assistant", "content": "".join(words)}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        text = json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": self.spec.model,
                           "choices": [choice], "usage": asked.usage(len(words))})  # fmt: skip
        asked.sent = len(words)
        if asked.fault == "cut middle":
            asked.out.write(_head(200, _JSON, asked.lane.headers() | {"Content-Length": str(len(text))}))
            asked.out.write(text[: len(text) // 2].encode())
            await asked.out.drain()
            _reset(asked.out)
            return False
        await _whole(asked.out, 200, text, asked.lane.headers())
        self.answered[asked.text] += bool(words) and reason == "stop"
        return True

    async def _stream(self, asked: Asked) -> bool:
        out, half = asked.out, len(asked.words) // 2
        broken = asked.fault in ("cut middle", "abort")
        out.write(_head(200, _EVENTS, asked.lane.headers() | {"Transfer-Encoding": "chunked"}))
        await self._event(asked, {"role": "assistant", "content": ""})
        for piece in asked.pieces(self.spec.chunk):
            if broken and asked.sent >= half:
                break
            await asyncio.sleep(len(piece) / self.spec.speed)
            await self._event(asked, {"content": "".join(piece)})
            asked.sent += len(piece)
        if asked.fault == "cut middle":
            await asyncio.sleep(0.02)
            _reset(out)
            return False
        await self._event(asked, {}, "abort" if asked.fault == "abort" else "stop")
        await self._event(asked, None, usage=asked.usage(asked.sent))
        out.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await out.drain()
        self.answered[asked.text] += bool(asked.words) and asked.fault != "abort"
        return True

    async def _event(self, asked: Asked, delta: Any, reason: str | None = None, **more: Any) -> None:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
        event = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": self.spec.model}
        asked.out.write(_chunk(b"data: " + json.dumps({**event, "choices": choices, **more}).encode() + b"\n\n"))
        await asked.out.drain()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _error(message: str, code: Any = None) -> str:
    return json.dumps({"error": {"message": message, "type": "error", "code": code}})


def _head(status: int, kind: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


async def _whole(out: asyncio.StreamWriter, status: int, text: str, headers: dict[str, str], kind: str = _JSON) -> bool:
    data = text.encode()
    out.write(_head(status, kind, headers | {"Content-Length": str(len(data))}) + data)
    await out.drain()
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a RST."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def main() -> None:
    """Obey the lines of standard input ("bill", "down N", "up N") and answer each with a line, until it ends."""
    fields = json.loads(sys.argv[1])
    server = LabServer(LabSpec(**fields))
    for index in range(len(server.ports)):
        await server.up(index)
    print(json.dumps([f"http://127.0.0.1:{port}/v1" for port in server.ports]), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        match line.split():
            case ["down", index]:
                server.down(int(index))
            case ["up", index]:
                await server.up(int(index))
        print(json.dumps(server.bill()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
