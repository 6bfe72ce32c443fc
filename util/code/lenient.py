"""The comparison rules of APPS, for results that are comparable with published ones.

These are the rules of the APPS testing code (Hendrycks et al. 2021), in the same order; the
first match accepts. They accept wrong output: lines in any order, repeated or reordered
tokens. Never use them to make training data.
"""

from __future__ import annotations

import math
from typing import Any


def same_output(expected: str, actual: str) -> bool:
    """Whether APPS' tester would accept ``actual`` for ``expected``."""
    wanted, given = expected.split("\n"), actual.split("\n")
    if given and not given[-1]:
        given = given[:-1]
    if given == wanted or [line.strip() for line in given] == [line.strip() for line in wanted]:
        return True
    wanted, given = _stripped(wanted), _stripped(given)
    if given == wanted or _all_close(wanted, given):
        return True
    if _token_sets(wanted) == _token_sets(given):
        return True
    rounded = _token_sets(wanted, 3)
    return rounded is not None and rounded == _token_sets(given, 3)


def same_value(expected: Any, actual: Any) -> bool:
    """Whether APPS' tester would accept a call's result: Python equality, or the first element."""
    return bool(expected == actual or (isinstance(expected, list) and len(expected) > 0 and expected[0] == actual))


def _stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _all_close(wanted: list[str], given: list[str]) -> bool:
    try:
        a, b = [float(line) for line in wanted], [float(line) for line in given]
    except ValueError:
        return False
    return len(a) == len(b) and all(
        math.isfinite(x) and math.isfinite(y) and abs(x - y) <= 1e-8 + 1e-5 * abs(x) for x, y in zip(a, b, strict=True)
    )


def _token_sets(lines: list[str], digits: int | None = None) -> set[frozenset[Any]] | None:
    sets = set()
    for line in lines:
        tokens: list[Any] = line.split()
        if digits is not None:
            try:
                tokens = [round(float(token), digits) for token in tokens]
            except ValueError:
                return None  # not all numbers
        sets.add(frozenset(tokens))
    return sets
