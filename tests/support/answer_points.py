"""Points at which expressions are compared, and the comparison of two expressions there."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from support.latex_values import Undefined, formula, value

WHOLE = frozenset("nkmpqijN")
"""Letters that take whole numbers only."""
COUNTS = frozenset("nN")
"""Of these, letters that are not negative."""
REAL = frozenset("xyzuvw")
"""Letters that take negative numbers, too; all others may be lengths, so that only positive ones prove a difference."""
POSITIVE = [
    "1",
    "2",
    "3",
    "5",
    "4",
    "7",
    "6",
    "10",
    "8",
    "9",
    "11",
    "12",
    "13",
    "19",
    "20",
    "23",
    "49",
    "50",
    "51",
    "99",
    "100",
    "101",
    "120",
    "199",
    "200",
    "999",
    "1000",
    "1001",
    "1003",
    "10007",
    "1000000",
]
FRACTIONS = ["1/2", "3/7", "5/3", "17/10", "29/4", "250/3", "1003/2"]
EDGE = 10**-33
"""Relative difference of values above which they are certainly different."""


def values_differ(left: str, right: str) -> bool | None:
    """``differs`` for two expressions."""
    (first, some), (second, others) = formula(left), formula(right)
    compared = unknown = 0
    for point in points(some | others):
        try:
            a, b = value(first, point), value(second, point)
        except Undefined:
            continue
        compared += 1
        size = max(abs(a), abs(b))
        if size and abs(a - b) > size * 10**-100:
            if abs(a - b) > size * EDGE:
                return True
            unknown += 1
    return False if compared >= (3 if some else 1) and not unknown else None


@lru_cache(maxsize=2000)
def points(letters: frozenset[str]) -> tuple[dict[str, Any], ...]:
    """Values of the letters, easy ones first: whole, rational, irrational, large, and negative where that is allowed."""
    import mpmath

    if not letters:
        return ({},)
    with mpmath.workdps(130):
        whole = [mpmath.mpf(item) for item in POSITIVE]
        broken = [mpmath.mpf(a) / mpmath.mpf(b) for a, b in (item.split("/") for item in FRACTIONS)]
        broken += [mpmath.pi / 5, mpmath.sqrt(2), mpmath.e * 40]
    chance = random.Random(" ".join(sorted(letters)))
    found = []
    for place in range(len(whole) + len(broken)):
        point = {}
        for shift, letter in enumerate(sorted(letters)):
            items = whole if letter[0] in WHOLE else [*broken, *whole]
            sign = -1 if letter[0] in REAL and place % 3 == 2 else 1
            point[letter] = sign * items[(place * (shift + 1) + 3 * shift) % len(items)]
        found.append(point)
    if letters & REAL:
        found.append({letter: mpmath.mpf(0 if letter in REAL else chance.randint(1, 9)) for letter in letters})
    return tuple(found)


def end_of(text: str) -> Any:
    import mpmath

    sign = {"\\infty": 1, "+\\infty": 1, "-\\infty": -1}.get(text.replace(" ", ""))
    if sign:
        return mpmath.mpf(10) ** 40 * sign
    found, letters = formula(text)
    return None if letters else value(found, {}).real


def places_of(ends: list[Any]) -> Iterator[Any]:
    """Every end, points close to it, and points between and beyond."""
    import mpmath

    known = sorted({*ends, mpmath.mpf(0)})
    yield from known
    for end in known:
        yield from (end - mpmath.mpf(10) ** -9, end + mpmath.mpf(10) ** -9)
    for low, high in itertools.pairwise([known[0] - 1000, *known, known[-1] + 1000]):
        yield (low + high) / 2


def grid(letters: frozenset[str], places: list[Any]) -> Iterator[dict[str, Any]]:
    """Points of the letters: each takes the given places, whole letters only the whole ones."""
    import mpmath

    more = [mpmath.mpf(item) for item in (-7, -3, -2, -1, 0, 1, 2, 3, 5, 8, 10, 11, 50)] if len(letters) > 1 else []
    items = [*places, *more]
    axes = []
    for letter in sorted(letters):
        whole = [item for item in items if item == int(item) and (item >= 0 or letter not in COUNTS)]
        axes.append(whole if letter[0] in WHOLE else items)
    for combination in itertools.islice(itertools.product(*axes), 600):
        yield dict(zip(sorted(letters), combination, strict=True))


def pairs(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items[::2], items[1::2], strict=True)
