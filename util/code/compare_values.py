"""Compare a call's result with the expected value. Pure functions; the result is a plain value, never an object.

Integers are compared exactly, floats within a tolerance where the expected value is a
float, tuples as lists, a ``Decimal`` or ``Fraction`` as the number that it is, dicts by
the text of their keys. Data sets differ in how they take booleans (``Booleans``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from util.code.call_values import EmptyResult
from util.code.compare import TOLERANCE, close
from util.code.problem import Booleans

_EXACT_KINDS = frozenset({int, str, type(None)})
"""Lists that hold only these are equal as ``_same`` takes it if they are equal as Python takes it."""

_SCALARS = frozenset({int, float, str, bool, type(None)})
_NUMBERS = (int, float)
_RESULT_NUMBERS = (int, float, Fraction)

_BOOLEANS: dict[Booleans, set[tuple[type, type]]] = {
    "exact": set(),
    "declared": {(bool, int)},
    "equal": {(bool, int), (int, bool)},
}
"""(type of the expected value, type of the result): the mixed pairs that may be equal."""


@dataclass(frozen=True)
class ValueRules:
    """tolerance: of numbers where a float is expected. wrapped, booleans: see ``util.code.problem.Tests``."""

    tolerance: float = TOLERANCE
    wrapped: bool = False
    booleans: Booleans = "exact"


def same_value(expected: Any, actual: Any, rules: ValueRules | None = None) -> bool:
    """Whether a call's result, decoded by ``call_values.loads``, matches the expected value."""
    rules = rules or ValueRules()
    if rules.wrapped:
        expected = expected[0]
    return _same(expected, actual, rules)


def _same(expected: Any, actual: Any, rules: ValueRules) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return _same_boolean(expected, actual, rules.booleans)
    if isinstance(expected, _NUMBERS):
        return isinstance(actual, _RESULT_NUMBERS) and _same_number(expected, actual, rules.tolerance)
    if isinstance(actual, EmptyResult):
        return bool(actual == expected)
    if isinstance(expected, list | tuple):
        return (
            isinstance(actual, list | tuple) and len(expected) == len(actual) and _same_items(expected, actual, rules)
        )
    if isinstance(expected, dict):
        return isinstance(actual, dict) and _same_dict(expected, actual, rules)
    # A set has no order, so it does not equal a list.
    return type(expected) is type(actual) and bool(expected == actual)


def _same_items(expected: Sequence[Any], actual: Sequence[Any], rules: ValueRules) -> bool:
    kinds = {*map(type, expected), *map(type, actual)}
    if kinds <= _EXACT_KINDS:  # the usual large lists: no call for each item
        return list(expected) == list(actual)
    return all(
        (type(a) is type(b) and type(a) in _SCALARS and a == b) or _same(a, b, rules)
        for a, b in zip(expected, actual, strict=True)
    )


def _same_boolean(expected: Any, actual: Any, mode: Booleans) -> bool:
    kinds = (type(expected), type(actual))
    return (kinds == (bool, bool) or kinds in _BOOLEANS[mode]) and bool(expected == actual)


def _same_number(expected: float, actual: float | Fraction, tolerance: float) -> bool:
    """Integers are compared exactly: 1e9 does not equal 10**9 + 1. Never raises: an integer may exceed any float."""
    if expected == actual:
        return True
    if isinstance(expected, int):
        return False
    try:
        number = float(actual)
    except OverflowError:
        return False
    return (math.isnan(expected) and math.isnan(number)) or close(expected, number, tolerance)


def _same_dict(expected: dict[Any, Any], actual: dict[Any, Any], rules: ValueRules) -> bool:
    """Keys are compared as JSON writes them, because JSON has only text keys: 1 equals "1", True equals "true"."""
    if len(expected) != len(actual):
        return False
    wanted, given = expected, actual
    if {*map(type, expected), *map(type, actual)} != {str}:
        wanted, given = ({_key(key): item for key, item in side.items()} for side in (expected, actual))
    if len(wanted) != len(expected) or len(given) != len(actual) or wanted.keys() != given.keys():
        return False  # one side may hold both 1 and "1"
    return all(_same(item, given[key], rules) for key, item in wanted.items())


def _key(key: Any) -> Any:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, int) else key
