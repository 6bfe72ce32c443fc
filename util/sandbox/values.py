"""Reading back what ``inside.values`` wrote. The text comes from hostile code: caps on size and depth."""

from __future__ import annotations

import json
from typing import Any

from util.sandbox.inside.values import DEPTH

MAX_WIDE_KEYS = 10_000
"""Keys that are floats or wide integers: many of them can be made to share one hash."""


def loads(data: bytes) -> Any:
    """The plain value in ``data``; sets come back as frozensets.

    Raises:
        ValueError: too deep, or nothing that ``dumps`` makes.
    """
    try:
        return _decoded(json.loads(data), 0)
    except (TypeError, RecursionError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"the result cannot be read ({type(error).__name__})") from error


def within(data: bytes, expected: Any) -> bool:
    """Whether ``data`` is no longer than the encoding of ``expected`` can be."""
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
        if (
            tag in ("s", "d")
            and sum(isinstance(item[0] if tag == "d" else item, dict) for item in content) > MAX_WIDE_KEYS
        ):
            raise ValueError("the result has too many keys that are wide numbers")
        if tag == "s":
            return frozenset(_hashable(_decoded(item, depth + 1)) for item in content)
        if tag == "d":
            return {_hashable(_decoded(k, depth + 1)): _decoded(v, depth + 1) for k, v in content}
    raise ValueError("the result holds an unknown kind of value")


def _hashable(value: Any) -> Any:
    return tuple(_hashable(item) for item in value) if isinstance(value, list) else value
