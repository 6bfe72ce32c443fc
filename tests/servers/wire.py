"""Replies of the scripted server, byte by byte."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Wait:
    """Send nothing for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Raw:
    """Bytes that go out as they are, outside of the framing."""

    data: bytes


@dataclass(frozen=True)
class Cut:
    """End the connection here: in order (FIN), or with a reset (RST)."""

    reset: bool = False


@dataclass(frozen=True)
class Hold:
    """Send nothing more and keep the connection open until the client leaves."""


Piece = bytes | Wait | Raw | Cut | Hold


@dataclass(frozen=True)
class Reply:
    """One reply. pieces: the body, or a function that makes it. framing: "length", "chunked" or "close" (until the end
    of the connection). delay: seconds before the first byte. head: whether there is a status line at all.
    """

    pieces: Iterable[Piece] | Callable[[], Iterable[Piece]] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: str = "length"
    delay: float = 0.0
    head: bool = True

    def body(self) -> Iterable[Piece]:
        return self.pieces() if callable(self.pieces) else self.pieces


JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}


def json_bytes(value: Any) -> bytes:
    """As ASCII: lone surrogates and NUL as escapes; NaN and Infinity as Python writes them."""
    return json.dumps(value).encode()


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """headers: names with underscores for hyphens."""
    return bytes_reply(value if isinstance(value, bytes) else json_bytes(value), status, **headers)


def bytes_reply(data: bytes, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([data], status, {**JSON, **named})


def redirect(status: int, location: str) -> Reply:
    return Reply([b"<html><body>moved</body></html>"], status, {**HTML, "Location": location})


def nothing(*, reset: bool = False) -> Reply:
    """The connection ends before the first byte."""
    return Reply([Cut(reset)], head=False)


def forever(piece: bytes, every: float) -> Callable[[], Iterator[Piece]]:
    """An endless body; it ends when the client leaves or the server closes."""

    def pieces() -> Iterator[Piece]:
        while True:
            yield piece
            yield Wait(every)

    return pieces


def bytewise(data: bytes) -> list[Piece]:
    """Each byte in a chunk of its own."""
    return [data[i : i + 1] for i in range(len(data))]


def gzipped(data: bytes) -> bytes:
    return zlib.compress(data, 6, wbits=31)


@cache
def bomb(mebibytes: int) -> bytes:
    """A gzip file of so many MiB of spaces, a thousandth of it in size."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    mib = b" " * 2**20
    return b"".join([*(press.compress(mib) for _ in range(mebibytes)), press.flush()])
