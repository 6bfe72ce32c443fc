"""Text that every strict JSON reader takes, and that a terminal shows as it is.

A JSON text may name half of a surrogate pair (``"\\ud83d"``). Python reads it as a character of its own, which UTF-8
cannot encode.
"""

from __future__ import annotations

from typing import Any


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
