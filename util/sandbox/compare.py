"""Whether a program's output is the expected one. Pure functions, strict.

Stdin tests: lines of tokens, compared as text; white space at line ends and empty
lines at the end are ignored. Numbers get a tolerance of 1e-6 only in problems
whose expected outputs contain decimals. Call tests: plain values; tuples are
lists, booleans are no integers, floats compare within 1e-6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

TOLERANCE = 1e-6

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+")


def has_decimals(outputs: Sequence[str]) -> bool:
    """Whether any expected output of a problem contains a decimal number."""
    return any(_DECIMAL.fullmatch(token) for output in outputs for token in output.split())


def same_output(expected: str, actual: str, *, decimals: bool) -> bool:
    """Compare what a program printed with what it should have printed."""
    wanted, given = _lines(expected), _lines(actual)
    return len(wanted) == len(given) and all(
        len(a) == len(b) and all(_same_token(x, y, decimals) for x, y in zip(a, b, strict=True))
        for a, b in zip(wanted, given, strict=True)
    )


def first_difference(expected: str, actual: str, *, decimals: bool, width: int = 80) -> str:
    """Where two outputs first differ, for people."""
    wanted, given = _lines(expected), _lines(actual)
    for number, (a, b) in enumerate(zip(wanted, given, strict=False), 1):
        if len(a) != len(b) or not all(_same_token(x, y, decimals) for x, y in zip(a, b, strict=True)):
            return f"line {number}: expected {' '.join(a)[:width]!r}, got {' '.join(b)[:width]!r}"
    return f"expected {len(wanted)} lines, got {len(given)}"


def same_value(expected: Any, actual: Any) -> bool:
    """Compare a call's result with the expected value, or with its one-element list."""
    return _same(expected, actual) or (isinstance(expected, list) and len(expected) == 1 and _same(expected[0], actual))


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return type(expected) is type(actual) and expected == actual
    if isinstance(expected, int) and isinstance(actual, int):
        return expected == actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return _close(expected, actual)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    if isinstance(expected, list) and isinstance(actual, frozenset):
        return False  # a set has no order: the expected list does
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(_same(expected[k], actual[k]) for k in expected)
    return type(expected) is type(actual) and bool(expected == actual)


def _same_token(expected: str, actual: str, decimals: bool) -> bool:
    if expected == actual:
        return True
    if not decimals or not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(actual)):
        return False
    return _close(float(expected), float(actual))


def _close(expected: float, actual: float) -> bool:
    try:
        return math.isclose(expected, actual, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:  # an integer too large for a float
        return expected == actual


def _lines(text: str) -> list[list[str]]:
    lines = [line.split() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines
