"""Types for argparse: each parses a number and checks its range."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

_N = TypeVar("_N", int, float)


def positive_int(text: str) -> int:
    return _number(text, int, "an integer of at least 1", lambda n: n >= 1)


def non_negative_int(text: str) -> int:
    return _number(text, int, "an integer of at least 0", lambda n: n >= 0)


def end_index(text: str) -> int:
    return _number(text, int, "-1 (the end) or an integer of at least 1", lambda n: n == -1 or n >= 1)


def temperature(text: str) -> float:
    """A number from 0 to 2, rounded to six significant digits as in result files."""
    return float(f"{_number(text, float, 'a number from 0 to 2', lambda x: 0 <= x <= 2):g}")


def positive_float(text: str) -> float:
    return _number(text, float, "a number above 0", lambda x: 0 < x < 1e9)


def fraction(text: str) -> float:
    return _number(text, float, "a number above 0 and at most 1", lambda x: 0 < x <= 1)


def share(text: str) -> float:
    return _number(text, float, "a number from 0 to 1", lambda x: 0 <= x <= 1)


def share_or_percent(text: str) -> float:
    """A share from 0 to 1.

    >>> share_or_percent("0.05"), share_or_percent("5%")
    (0.05, 0.05)
    """
    number = text.strip().removesuffix("%").rstrip()
    wanted = "a share from 0 to 1, or a percentage such as 5%"
    if number == text.strip():
        return _number(text, float, wanted, lambda x: 0 <= x <= 1)
    try:
        return _number(number, float, wanted, lambda x: 0 <= x <= 100) / 100
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}") from None


def _number(text: str, kind: type[_N], wanted: str, allowed: Callable[[_N], bool]) -> _N:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not allowed(value):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}") from None
    return value
