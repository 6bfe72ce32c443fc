"""Text that every strict JSON reader takes, and that a terminal shows as it is.

A JSON text may name half of a surrogate pair (``"\\ud83d"``). Python reads it as a character of its own, which UTF-8
cannot encode.
"""

from __future__ import annotations

import re
import sys
from typing import Any, ClassVar


def whole(text: str) -> str:
    """The text without lone surrogates: two halves become their character, a half alone becomes U+FFFD.

    >>> whole("a\\ud83d\\ude00b") == "a\\U0001f600b", whole("a\\ud83db") == "a\\ufffdb"
    (True, True)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def whole_value(value: Any) -> Any:
    """A JSON value with ``whole`` texts and names throughout; the same object where nothing changes.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        changed = {whole_value(name): whole_value(item) for name, item in value.items()}
        return changed if any(a is not b for a, b in _pairs(changed, value)) else value
    if isinstance(value, list | tuple):
        items = [whole_value(item) for item in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def _pairs(changed: dict[Any, Any], value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    if len(changed) != len(value):  # two names have become one
        return [(None, value)]
    both = zip(changed.items(), value.items(), strict=True)
    return [pair for (name, item), (old, was) in both for pair in ((name, old), (item, was))]


def printable(text: str) -> str:
    """Foreign text for the console: control characters, which a terminal would obey, as escapes.

    >>> printable("a\\x1b[2Jb\\tc\\n"), printable("é 漢")
    ('a\\\\x1b[2Jb\\tc\\n', 'é 漢')
    """
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in whole(text))


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HALVES = re.compile(rb"\xed[\xa0-\xbf]|\\u[dD][89a-fA-F]")
"""A surrogate in UTF-8 as Python writes it with "surrogatepass", or as an escape of JSON."""


def utf8(text: str) -> bytes:
    """The UTF-8 of ``whole(text)``."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole(text).encode()


def text_of(data: bytes) -> str:
    """The text of UTF-8 data, without a byte order mark. Surrogates, as earlier versions wrote them, are kept.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return data.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogatepass")


def may_have_surrogates(data: bytes) -> bool:
    """Whether JSON or pickled data may hold a surrogate; False is certain, and cheaper than a look at every value."""
    # Two scans for a byte are far faster than the pattern, which few texts need.
    return (b"\xed" in data or b"\\u" in data) and _HALVES.search(data) is not None


class Replacements:
    """Counts the texts of one source in which half a character was replaced, and says so once in a process."""

    _told: ClassVar[set[str]] = set()

    def __init__(self, source: str) -> None:
        self._source = source
        self.count = 0

    def whole(self, value: Any) -> Any:
        """``whole_value``, counted.

        Raises:
            RecursionError: it is nested too deeply.
        """
        found = whole_value(value)
        if found is not value:
            self.count += _replaced(value)
        return found

    def tell(self) -> None:
        if self.count and self._source not in self._told:
            self._told.add(self._source)
            texts = "1 text" if self.count == 1 else f"{self.count} texts"
            print(f"{printable(self._source)}: half a surrogate pair in {texts}, replaced by U+FFFD", file=sys.stderr)


def _replaced(value: Any) -> int:
    """The number of texts in a JSON value with a surrogate that has no other half."""
    if isinstance(value, str):
        return int(whole(value).count("\ufffd") > value.count("\ufffd"))
    if isinstance(value, dict):
        return sum(_replaced(name) + _replaced(item) for name, item in value.items())
    return sum(map(_replaced, value)) if isinstance(value, list | tuple) else 0
