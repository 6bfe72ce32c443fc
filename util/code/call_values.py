"""Decode what ``inside.values`` encoded. The data comes from untrusted code, so size and depth are limited."""

from __future__ import annotations

import json
from typing import Any

from util.code.inside.values import DEPTH

MAX_KEY = 2**60
"""Limit of an integer key. Larger integers, and tuples, can be chosen to have the same hash."""


class Incomparable:
    """A value that equals no expected value: a set, or a dict with keys that JSON does not support."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return self.what


def loads(data: bytes) -> Any:
    """Decode ``data``; a set becomes ``Incomparable``.

    Raises:
        ValueError: nested too deeply, or not output of ``dumps``.
    """
    try:
        return _decoded(json.loads(data, parse_int=_small), 0)
    except (TypeError, LookupError, RecursionError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"the result cannot be read ({type(error).__name__})") from error


def within(data: bytes, expected: Any) -> bool:
    """Whether ``data`` is short enough to be an encoding of ``expected``."""
    return len(data) <= 1000 or len(data) <= 1000 + 30 * len(json.dumps(expected, default=str))


def _decoded(value: Any, depth: int) -> Any:
    if depth > DEPTH + 20:
        raise ValueError("the result is nested too deeply")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [_decoded(item, depth + 1) for item in value]
    if isinstance(value, dict) and len(value) == 1:
        ((tag, content),) = value.items()
        if tag == "i":
            return int(content, 16)
        if tag == "f":
            return float.fromhex(content)
        if tag == "s":
            return Incomparable("a set")
        if tag == "d":
            pairs = [(_decoded(k, depth + 1), _decoded(v, depth + 1)) for k, v in content]
            if all(isinstance(k, str) or (isinstance(k, int) and abs(k) < MAX_KEY) for k, _ in pairs):
                return dict(pairs)
            return Incomparable("a dict with unusual keys")
    raise ValueError("the result holds an unknown kind of value")


def _small(digits: str) -> int:
    """Parse an integer. The encoder writes only short ones as digits; longer ones would take quadratic time."""
    if len(digits) > 20:
        raise ValueError("the result holds an integer that is not encoded as expected")
    return int(digits)


def shown(value: Any, width: int = 80) -> str:
    """The start of a value's repr; a large value is never formatted completely."""
    if isinstance(value, int) and value.bit_length() > 3_000:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, list | tuple) and value:
        parts, total = list[str](), 0
        for item in value:
            parts.append(shown(item, width))
            total += len(parts[-1])
            if total > width:
                parts.append("...")
                break
        text = "[" + ", ".join(parts) + "]"
    elif isinstance(value, dict) and len(value) > 20:
        text = f"a dict of {len(value)} keys"
    else:
        text = repr(value[: width + 1] if isinstance(value, str) else value)
    return text if len(text) <= width else f"{text[:width]}..."
