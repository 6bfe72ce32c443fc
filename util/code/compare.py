"""Compare a program's output with the expected output, strictly. Pure functions.

Stdin tests: lines of tokens, compared as text; white space at line ends and empty
lines at the end are ignored. Numbers have a tolerance only if the problem's expected
outputs contain decimals, or if its special judge sets one. Call tests: plain values;
a tuple equals a list, a boolean does not equal an integer, floats compare within 1e-6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-6
"""Relative or absolute, whichever is larger."""

MAX_NUMBER = 400
"""Maximum characters of a decimal number; longer ones are compared as text."""

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DECIMAL = re.compile(rb"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+")
_INTEGER = re.compile(rb"[+-]?\d+")
_HINT = re.compile(rb"[.eE]")


@dataclass(frozen=True)
class Rules:
    """tolerance: allowed difference of numbers; None compares them as text."""

    tolerance: float | None = None
    ignore_case: bool = False


def rules_for(outputs: Sequence[bytes], *, ignore_case: bool = False, tolerance: float | None = None) -> Rules:
    """The comparison rules of a problem with these expected ``outputs``."""
    if tolerance is None and any(_has_decimal(output) for output in outputs):
        tolerance = TOLERANCE
    return Rules(tolerance, ignore_case)


def same_output(expected: bytes, actual: bytes, rules: Rules) -> bool:
    """Whether the ``actual`` output of a program matches the ``expected`` one."""
    if expected == actual:
        return True
    if far_longer(expected, actual):
        return False
    wanted, given = _lines(expected, rules), _lines(actual, rules)
    return wanted == given or (
        rules.tolerance is not None
        and len(wanted) == len(given)
        and all(_same_line(a, b, rules.tolerance) for a, b in zip(wanted, given, strict=True))
    )


def far_longer(expected: bytes, actual: bytes) -> bool:
    """Whether an output is too long to differ only in white space; it is then rejected without splitting it."""
    return len(actual) > 10 * len(expected) + 2**16


def first_difference(expected: bytes, actual: bytes, rules: Rules, width: int = 80) -> str:
    """A description of the first difference between two outputs."""
    if far_longer(expected, actual):
        return f"expected {len(expected)} bytes, got {len(actual)}"
    wanted, given = _lines(expected, rules), _lines(actual, rules)
    for number, (a, b) in enumerate(zip(wanted, given, strict=False), 1):
        if a != b and (rules.tolerance is None or not _same_line(a, b, rules.tolerance)):
            shown = [b" ".join(line).decode("utf-8", "replace")[:width] for line in (a, b)]
            return f"line {number}: expected {shown[0]!r}, got {shown[1]!r}"
    return f"expected {len(wanted)} lines, got {len(given)}"


def same_value(expected: Any, actual: Any, tolerance: float | None = None, *, wrapped: bool = True) -> bool:
    """Compare a call's result with the expected value. wrapped: also accept the element of a one-element list."""
    allowed = TOLERANCE if tolerance is None else tolerance
    return _same(expected, actual, allowed) or (
        wrapped and isinstance(expected, list) and len(expected) == 1 and _same(expected[0], actual, allowed)
    )


def _same(expected: Any, actual: Any, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return type(expected) is type(actual) and bool(expected == actual)
    if isinstance(expected, int) and isinstance(actual, int | float):
        return expected == actual  # exact: 1e9 does not equal 10**9 + 1
    if isinstance(expected, float) and isinstance(actual, int | float):
        both_nan = math.isnan(expected) and isinstance(actual, float) and math.isnan(actual)
        return expected == actual or both_nan or _close(expected, actual, tolerance)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return len(expected) == len(actual) and all(
            _same(a, b, tolerance) for a, b in zip(expected, actual, strict=True)
        )
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.keys() != actual.keys():  # JSON has no integer keys
            expected, actual = ({str(k): v for k, v in side.items()} for side in (expected, actual))
        return expected.keys() == actual.keys() and all(_same(expected[k], actual[k], tolerance) for k in expected)
    # A set has no order, so it does not equal a list.
    return type(expected) is type(actual) and bool(expected == actual)


def _same_line(expected: list[bytes], actual: list[bytes], tolerance: float) -> bool:
    return expected == actual or (
        len(expected) == len(actual)
        and all(_same_token(a, b, tolerance) for a, b in zip(expected, actual, strict=True))
    )


def _same_token(expected: bytes, actual: bytes, tolerance: float) -> bool:
    if expected == actual:
        return True
    if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(actual)):
        return False
    if _INTEGER.fullmatch(expected) and _INTEGER.fullmatch(actual):
        return _normalised(expected) == _normalised(actual)  # exact, even if other tokens are decimals
    if max(len(expected), len(actual)) > MAX_NUMBER:
        return False
    return _close(float(expected), float(actual), tolerance)


def _normalised(integer: bytes) -> bytes:
    """Digits without plus sign and leading zeros; ``int`` would take quadratic time."""
    digits = integer.lstrip(b"+-").lstrip(b"0") or b"0"
    return b"-" + digits if integer.startswith(b"-") and digits != b"0" else digits


def _close(expected: float, actual: float, tolerance: float) -> bool:
    if math.isinf(expected) or math.isinf(actual):
        return False  # an overflow equals nothing
    try:
        return math.isclose(expected, actual, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer too large for a float
        return expected == actual


def _has_decimal(output: bytes) -> bool:
    return _HINT.search(output) is not None and any(_DECIMAL.fullmatch(token) for token in output.split())


def _lines(text: bytes, rules: Rules) -> list[list[bytes]]:
    if rules.ignore_case:
        text = text.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")
    lines = [line.split() for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines
