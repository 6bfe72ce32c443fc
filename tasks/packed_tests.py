"""Read LiveCodeBench's packed tests: base64 of zlib of a pickled text.

A pickle can run code when it is loaded, and a small zlib stream can expand to gigabytes. So the pickle is read by a
reader that knows only the instructions of a text, and the stream is measured before any of it is kept.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

from tasks.code import UnusableTests

MAX_BYTES = 256 * 2**20
"""Maximum bytes of the unpacked tests of one row. The largest rows of the dataset have more than 100 MB."""

_STEP = 2**18

_PROTO, _FRAME, _MEMOIZE, _STOP = 0x80, 0x95, 0x94, 0x2E
_BINPUT, _LONG_BINPUT, _PUT = 0x71, 0x72, 0x70
_SHORT_BINUNICODE, _BINUNICODE, _BINUNICODE8, _UNICODE = 0x8C, 0x58, 0x8D, 0x56
_ARGUMENTS = {_PROTO: 1, _FRAME: 8, _MEMOIZE: 0, _BINPUT: 1, _LONG_BINPUT: 4}
"""Instructions that do nothing for a single text -> bytes of their argument (see CPython's Lib/pickletools.py)."""
_LENGTHS = {_SHORT_BINUNICODE: 1, _BINUNICODE: 4, _BINUNICODE8: 8}
"""Instructions of a text -> bytes of its length."""


def unpacked(text: str) -> str:
    """The text inside ``text``.

    Raises:
        UnusableTests: it is malformed, more than ``MAX_BYTES`` long, or holds anything but one text.
    """
    try:
        packed = base64.b64decode(text.encode("ascii"), validate=True)
        size = sum(map(len, _parts(packed)))
        if size > MAX_BYTES:
            raise UnusableTests(f"the packed tests are larger than {MAX_BYTES // 2**20} MiB")
        return pickled_text(b"".join(_parts(packed)))
    except (ValueError, zlib.error) as error:
        if isinstance(error, UnusableTests):
            raise
        raise UnusableTests(f"the packed tests cannot be decoded ({error})") from error


def _parts(packed: bytes) -> Iterator[bytes]:
    """The decompressed bytes of a zlib stream, a part at a time, up to just over ``MAX_BYTES``."""
    stream, size = zlib.decompressobj(), 0
    for start in range(0, len(packed), _STEP):
        rest = packed[start : start + _STEP]  # in steps, since what is not consumed is copied
        while rest and not stream.eof:
            part = stream.decompress(rest, _STEP)
            rest = stream.unconsumed_tail
            size += len(part)
            yield part
            if size > MAX_BYTES:
                return
        if stream.eof and (stream.unused_data or start + _STEP < len(packed)):
            raise ValueError("there is something behind the zlib stream")
    if not stream.eof:
        raise ValueError("the zlib stream is cut off")


def pickled_text(data: bytes) -> str:
    """The text in a pickle of one text, of any protocol.

    Raises:
        ValueError: it holds another instruction, ends early, or goes on after its end.
    """
    position, found = 0, None
    while position < len(data):
        code, position = data[position], position + 1
        if code == _STOP:
            if found is None or position != len(data):
                raise ValueError("not the pickle of one text")
            return found
        if code in _ARGUMENTS:
            position += _ARGUMENTS[code]
        elif code == _PUT:
            position = _line_end(data, position)
        elif found is not None:
            raise ValueError("the pickle holds more than one text")
        elif code in _LENGTHS:
            start = position + _LENGTHS[code]
            position = start + int.from_bytes(data[position:start], "little")
            if position > len(data):
                raise ValueError("the pickle ends within its text")
            found = str(memoryview(data)[start:position], "utf-8", "surrogatepass")
        elif code == _UNICODE:
            end = _line_end(data, position)
            found, position = data[position : end - 1].decode("raw-unicode-escape"), end
        else:
            raise ValueError(f"the pickle holds the instruction {code:#04x}, which no text needs")
    raise ValueError("the pickle does not end")


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    if end < 0:
        raise ValueError("the pickle ends within a line")
    return end + 1
