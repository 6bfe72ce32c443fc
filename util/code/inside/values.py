"""Encode a call's result as tagged JSON, so that the judge never compares a solution's own objects.

A value of a subclass is encoded as the value of its base type, read with the base
type's own methods: what the subclass overrides is not called. A solution can replace
anything that runs here; it then reports another plain value, which it could have
returned as well.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

DEPTH = 100
EXACT = 10**15
"""Integers below this are encoded as JSON numbers, larger ones as hexadecimal strings."""

MAX_DIGITS = 2_000
"""Limit of the digits of a ``Decimal``, and of its exponent, both as a number."""

NOTHING = {"n": 0}
"""How an empty linked list or tree is encoded."""

_AS_IS = frozenset({str, bool, type(None)})


class EmptyNode:
    """An empty linked list or tree: the result None where a node is declared."""


def dumps(value: Any) -> bytes:
    """Encode a value. It is read once, in linear time.

    Raises:
        TypeError: a part of it is not of a base type.
        ValueError: it is nested too deeply.
    """
    return json.dumps(_encoded(value, 0), separators=(",", ":")).encode("ascii")


def reason(error: BaseException) -> bytes:
    """Why a result cannot be encoded, at most 300 bytes. The error may be the solution's own, with any ``__str__``."""
    text = str(error) if type(error) in (TypeError, ValueError, AttributeError) else ""
    return (text[:300] or f"the result cannot be read ({type(error).__name__})").encode("utf-8", "replace")[:300]


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
        return _items(value, depth)
    if kind is dict:
        return {"d": [[_encoded(k, depth + 1), _encoded(v, depth + 1)] for k, v in value.items()]}
    return _of_base(value, kind, depth)


def _items(items: Any, depth: int) -> Any:
    """Encode a list or tuple. Lists of one plain type, the usual large ones, need no call for each item."""
    kinds = set(map(type, items))
    if kinds <= _AS_IS:
        return items
    if kinds == {int}:
        exact = -EXACT < min(items) <= max(items) < EXACT
        return items if exact else {"I": " ".join(map(hex, items))}
    if kinds == {float}:
        return {"F": " ".join(map(float.hex, items))}
    return [_encoded(item, depth + 1) for item in items]


def _of_base(value: Any, kind: Any, depth: int) -> Any:
    """Encode a value whose type only derives from a base type. ``kind`` is its real type, not its ``__class__``."""
    from decimal import Decimal
    from fractions import Fraction

    if issubclass(kind, int):
        return _encoded(int.__index__(value), depth)
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, float):
        return {"f": float.hex(value)}
    if issubclass(kind, list):
        return _items(list(list.__iter__(value)), depth)
    if issubclass(kind, tuple):
        return _items(list(tuple.__iter__(value)), depth)
    if issubclass(kind, dict):
        return _encoded(dict(dict.items(value)), depth)
    if issubclass(kind, deque):
        return _items(list(deque.__iter__(value)), depth)
    if issubclass(kind, (set, frozenset)):
        return {"s": 0}
    if issubclass(kind, Decimal):
        return _decimal(value)
    if issubclass(kind, Fraction):
        return _ratio(value._numerator, value._denominator)
    if kind is EmptyNode:
        return NOTHING
    if kind.__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        return _encoded(value.tolist(), depth + 1)
    raise TypeError(f"a result of type {kind.__name__} cannot be compared")


def _decimal(value: Any) -> dict[str, Any]:
    from decimal import Decimal

    sign, digits, exponent = Decimal.as_tuple(value)
    if not isinstance(exponent, int):  # "F" for infinity, "n" and "N" for not a number
        return {"f": ("-inf" if sign else "inf") if exponent == "F" else "nan"}
    if len(digits) > MAX_DIGITS or abs(exponent) > MAX_DIGITS:
        raise TypeError("a Decimal with too many digits cannot be compared")
    return _ratio(*Decimal.as_integer_ratio(value))


def _ratio(numerator: Any, denominator: Any) -> dict[str, Any]:
    if type(numerator) is not int or type(denominator) is not int:
        raise TypeError("a Fraction that is not made of integers cannot be compared")
    return {"q": [hex(numerator), hex(denominator)]}
