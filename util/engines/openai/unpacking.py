"""Compressed bodies as they come: gzip, zlib or raw deflate, in one or many members, or not compressed after all."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

from util.engines.openai.events import TooLarge

MAX_BODY = 64 << 20
"""Decoded bytes of a plain body at most, and of any part of a stream."""

_ENCODINGS = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB, _RAW = 47, -15
"""Window bits of zlib."""


def encoding_of(header: str) -> str | None:
    """The one encoding that a content encoding names; "" for none, None for one that is not known."""
    words = [word.strip() for word in header.lower().split(",")]
    found = [word for word in words if word not in ("", "identity")]
    if not found:
        return ""
    return found[0] if len(found) == 1 and found[0] in _ENCODINGS else None


@dataclass
class Unpacker:
    """Unpacks the parts of a body. encoding: see ``encoding_of``; what the first bytes say counts more."""

    encoding: str
    _start: bytes = b""
    _press: Any = field(default=None)
    _plain: bool = False

    def __post_init__(self) -> None:
        self._plain = not self.encoding

    def unpack(self, part: bytes) -> bytes:
        """The bytes that a part makes available.

        Raises:
            TooLarge: it would unpack to more than ``MAX_BODY``. zlib.error: it is damaged.
        """
        if self._plain:
            return part
        if self._press is None:
            part = self._start + part
            self._start = part if len(part) < 2 else b""
            if self._start:
                return b""
            self._begin(part)
            if self._plain:
                return part
        found = b""
        while part:
            found += self._press.decompress(part, MAX_BODY + 1 - len(found))
            if self._press.unconsumed_tail or len(found) > MAX_BODY:
                raise TooLarge(f"the body unpacks to more than {MAX_BODY >> 20} MiB")
            part = self._press.unused_data.lstrip(b"\0")
            if self._press.eof and part:  # a further member
                self._begin(part)
                if self._plain:
                    return found
        return found

    def _begin(self, start: bytes) -> None:
        is_zlib = start[0] & 15 == 8 and len(start) > 1 and (start[0] * 256 + start[1]) % 31 == 0
        if start[:1] == b"\x1f" or is_zlib:
            self._press = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif self.encoding == "deflate":
            self._press = zlib.decompressobj(_RAW)
        else:
            self._plain = True
