"""Encode a call's result as tagged JSON, so that the judge never compares a solution's own objects."""

from __future__ import annotations

import json
from typing import Any

DEPTH = 100
EXACT = 10**15
"""Integers below this are encoded as JSON numbers, larger ones as hexadecimal strings."""


def dumps(value: Any) -> bytes:
    """Encode a value.

    Raises:
        TypeError: a part of it is not exactly of a base type.
        ValueError: it is nested too deeply.
    """
    return json.dumps(_encoded(value, 0), separators=(",", ":")).encode("utf-8", "surrogatepass")


def _encoded(value: Any, depth: int) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -EXACT < value < EXACT else {"i": hex(value)}
    if kind is float:
        return {"f": value.hex()}
    if depth > DEPTH:
        raise ValueError("the result is nested too deeply")
    if kind is list or kind is tuple:
        return [_encoded(item, depth + 1) for item in value]
    if kind is dict:
        return {"d": [[_encoded(k, depth + 1), _encoded(v, depth + 1)] for k, v in value.items()]}
    if kind is set or kind is frozenset:
        return {"s": [_encoded(item, depth + 1) for item in value]}
    if kind.__module__ == "collections" and kind.__name__ in ("deque", "defaultdict", "Counter", "OrderedDict"):
        return _encoded(list(value) if kind.__name__ == "deque" else dict(value), depth)
    if kind.__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        return _encoded(value.tolist(), depth + 1)
    raise TypeError(f"a result of type {kind.__name__} cannot be compared")
