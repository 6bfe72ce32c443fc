"""Server-sent events (WHATWG HTML, section 9.2), read as they come and as leniently as servers need."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LINE = 8 << 20
"""Characters of one event at most."""

_FIELDS = ("data", "event", "id", "retry")
DONE = "[DONE]"


class TooLarge(Exception):
    """The server sent more than any answer needs."""


@dataclass(frozen=True)
class Event:
    """One event. kind: "" for a plain message."""

    data: str
    kind: str = ""


def looks_like_events(start: bytes, *, named: bool = False) -> bool | None:
    """Whether a body that begins with ``start`` is a stream of events; None while that is not certain.

    named: whether its content type says so. A body that begins as JSON or HTML is none all the same.
    """
    text = start.lstrip(b"\xef\xbb\xbf\r\n\t ")
    if not text:
        return None
    if text[:1] in b"{[<":
        return False
    if text.startswith(b":") or named:
        return True
    name, colon, _ = text.partition(b":")
    if colon:
        return name.decode("latin-1").strip() in _FIELDS
    return None if any(field.encode().startswith(name) for field in _FIELDS) else False


@dataclass
class EventReader:
    """Bytes in, events out. Lines may end in LF, CRLF or CR."""

    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )
    _rest: list[str] = field(default_factory=list)
    """Pieces of the line that is not complete yet."""
    _data: list[str] = field(default_factory=list)
    _kind: str = ""
    _size: int = 0

    def feed(self, data: bytes, *, final: bool = False) -> Iterator[Event]:
        """The events that ``data`` completes. final: nothing follows; a last event needs no blank line.

        Raises:
            TooLarge: an event does not end.
        """
        text = self._decoder.decode(data, final)
        self._rest.append(text)
        self._size += len(text)
        # Looked at again only when a line ends: a line may come in thousands of pieces.
        if final or "\n" in text or "\r" in text or self._rest[0].endswith("\r"):
            yield from self._lines("".join(self._rest), final=final)
        if self._size > MAX_LINE:
            raise TooLarge(f"an event of more than {MAX_LINE >> 20} MiB")

    def _lines(self, text: str, *, final: bool) -> Iterator[Event]:
        # A CR at the end may be half of a CRLF.
        held = text.endswith("\r") and not final
        *lines, rest = text[: len(text) - held].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = [rest + "\r" * held]
        for line in lines:
            yield from self._line(line)
        if final:
            yield from self._line(rest)
            yield from self._line("")
            self._rest = [""]
        self._size = len(self._rest[0]) + sum(map(len, self._data))

    def _line(self, line: str) -> Iterator[Event]:
        if not line.strip():
            if self._data:
                yield Event("\n".join(self._data), self._kind)
            self._data, self._kind = [], ""
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value.strip()
