"""The comparison rules of APPS, for results that are comparable with published ones.

These are the rules of the APPS testing code (Hendrycks et al. 2021), in the same order; the
first match accepts. They accept wrong output: lines in any order, repeated or reordered
tokens. Never use them to make training data. Unlike APPS' code, they take linear time:
an integer of more than 400 characters, which exceeds every float, is not a number here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

MAX_NUMBER = 400
"""Characters of a number that are read. ``float`` takes quadratic time for long ones."""

_LONG = re.compile(r"[+-]?\d{0,320}\.\d+")


def same_output(expected: str, actual: str) -> bool:
    """Whether APPS' tester would accept ``actual`` for ``expected``."""
    wanted, given = expected.split("\n"), actual.split("\n")
    if given and not given[-1]:
        given = given[:-1]
    if given == wanted:
        return True
    wanted, given = ([line.strip() for line in lines] for lines in (wanted, given))
    if given == wanted:
        return True
    wanted, given = ([line for line in lines if line] for lines in (wanted, given))
    if given == wanted or _all_close(wanted, given):
        return True
    return _same_sets(wanted, given)


def same_value(expected: Any, actual: Any) -> bool:
    """Whether APPS' tester would accept a call's result: Python equality, or the first element."""
    return bool(expected == actual or (isinstance(expected, list) and len(expected) > 0 and expected[0] == actual))


def _all_close(wanted: list[str], given: list[str]) -> bool:
    return len(wanted) == len(given) and all(map(_close, wanted, given))


def _close(wanted: str, given: str) -> bool:
    x, y = _number(wanted), _number(given)
    return x is not None and y is not None and abs(x - y) <= 1e-8 + 1e-5 * abs(x)


def _number(text: str) -> float | None:
    """The finite number that a line or token is, None if it is not one."""
    if len(text) > MAX_NUMBER:
        if not _LONG.fullmatch(text):
            return None
        text = text[:MAX_NUMBER]  # the digits that are left out do not change the float
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _same_sets(wanted: list[str], given: list[str]) -> bool:
    """Whether the lines have the same tokens, in any order and number, or the same numbers to three decimals."""
    kept = {frozenset(line.split()) for line in wanted}
    found = {frozenset(line.split()) for line in given}
    if kept == found:
        return True
    rounded = _rounded(kept)
    return rounded is not None and rounded == _rounded(found)


def _rounded(lines: Iterable[frozenset[str]]) -> set[frozenset[str]] | None:
    """The lines with each token rounded; None if one is not a number. As text: floats can be chosen to share a hash."""
    sets = set()
    for line in lines:
        numbers = [_number(token) for token in line]
        if None in numbers:
            return None
        sets.add(frozenset((round(number, 3) + 0.0).hex() for number in numbers if number is not None))
    return sets
