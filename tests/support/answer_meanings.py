"""Whether two answers certainly mean something different, by means that share nothing with ``util.answers``.

Both texts are split into the same outer form (tuple, interval, equation, ...), and the expressions inside are compared
by their values at many points. "Different" is said only on a proof: a point, an element or a number at which they differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from support.answer_points import end_of, pairs, places_of, values_differ
from support.answer_shapes import Shape, shape
from support.latex_values import Refused, Undefined, formula, value
from support.relation_meanings import case_distinctions, relations

UNITS = frozenset(
    [
        "km",
        "cm",
        "m",
        "mm",
        "kg",
        "g",
        "L",
        "mL",
        "hours",
        "minutes",
        "seconds",
        "days",
        "mile",
        "miles",
        "feet",
        "inches",
        "N",
        "J",
        "W",
        "dollars",
        "cents",
        "apples",
        "students",
        "books",
    ]
) | {"m/s", "km/h", "cm^2", "m^2", "m^3", "cm^3"}
SYNONYMS = {"yes": "true", "no": "false"}


def differs(gold: str, other: str, kind: str = "") -> bool | None:
    """True: the meanings certainly differ. False: they are the same as far as this module sees. None: unknown.

    kind: the kind of the gold answer, which decides what round brackets and words are.
    """
    try:
        left, right = shape(gold, kind), shape(other, kind)
        if left.kind == right.kind:
            return COMPARED[left.kind](left, right)
        if {left.kind, right.kind} == {"scalar", "set"} and "set" in (left.kind, right.kind):
            return len(left.parts) != len(right.parts) or None
    except (Refused, Undefined, RecursionError, ZeroDivisionError):
        pass
    return None


def _items(left: Shape, right: Shape) -> bool | None:
    """Tuples, matrices, sequences and named values: the same frame and, in order, the same items."""
    if len(left.parts) != len(right.parts) or left.texts[1:] != right.texts[1:]:
        return True
    found = [differs(a, b) for a, b in zip(left.parts, right.parts, strict=True)]
    if True in found or left.texts != right.texts:
        return True if True in found or not _brackets(left, right) else None
    return None if None in found else False


def _brackets(left: Shape, right: Shape) -> bool:
    return len(left.texts[0]) == 2 and len(right.texts[0]) == 2


def _collections(left: Shape, right: Shape) -> bool | None:
    """Sets and lists: an item of one side that differs from every item of the other is a proof."""
    if "list" in left.texts and "list" in right.texts and len(left.parts) != len(right.parts):
        return True
    matches = [[differs(a, b) for b in right.parts] for a in left.parts]
    if any(all(cell is True for cell in row) for row in [*matches, *zip(*matches, strict=True)]):
        return True
    if any(None in row for row in matches):
        return None
    counts = [sum(cell is False for cell in row) for row in matches]
    return False if all(counts) and len(left.parts) == len(right.parts) else None


def _unions(left: Shape, right: Shape) -> bool | None:
    ends = [end_of(part) for part in (*left.parts, *right.parts)]
    if None in ends:
        if len(left.parts) == len(right.parts) == 2:
            return (
                left.texts != right.texts
                or any(differs(a, b) for a, b in zip(left.parts, right.parts, strict=True))
                or None
            )
        return None
    for place in places_of([end for end in ends if abs(end) < 10**30]):
        if _inside(left, place) != _inside(right, place):
            return True
    return False


def _inside(union: Shape, place: Any) -> bool:
    for bracket, (low, high) in zip(union.texts, pairs([end_of(part) for part in union.parts]), strict=True):
        above = place > low or (bracket[0] == "[" and place == low)
        if above and (place < high or (bracket[1] == "]" and place == high)):
            return True
    return False


def _quantities(left: Shape, right: Shape) -> bool | None:
    if left.texts == right.texts:
        return differs(left.parts[0], right.parts[0])
    known = left.texts[0] in UNITS and right.texts[0] in UNITS
    same = differs(left.parts[0], right.parts[0]) is False and values_differ(left.parts[0], "0") is True
    return True if known and same else None


def _ratios(left: Shape, right: Shape) -> bool | None:
    if len(left.parts) != len(right.parts):
        return True
    found = [
        differs(f"({a})*({d})", f"({b})*({c})")
        for (a, b), (c, d) in zip(itertools.pairwise(left.parts), itertools.pairwise(right.parts), strict=True)
    ]
    return True if True in found else None if None in found else False


def _congruences(left: Shape, right: Shape) -> bool | None:
    numbers = [[int(value(formula(part)[0], {}).real) for part in side.parts] for side in (left, right)]
    if left.texts != right.texts:
        return True
    return any(((x - a) % m == 0) != ((x - b) % n == 0) for ((a, m), (b, n)) in [numbers] for x in range(-300, 300))


def _parameters(left: Shape, right: Shape) -> bool | None:
    """The values for all whole parameters, where they are equally far apart."""
    if left.texts[0] != right.texts[0]:
        return True
    steps = []
    for side in (left, right):
        found, letters = formula(side.parts[0])
        if letters != {side.texts[1]}:
            return None
        first, second, third = (value(found, {side.texts[1]: number}).real for number in range(3))
        if abs((third - second) - (second - first)) > 10**-10 or first == second:
            return None
        steps.append((first, abs(second - first)))
    (start, step), (other, width) = steps
    turns = (start - other) / step
    return bool(abs(step - width) > 10**-10 or abs(turns - round(turns)) > 10**-10)


COMPARED: dict[str, Callable[[Shape, Shape], bool | None]] = {
    "scalar": lambda left, right: values_differ(left.parts[0], right.parts[0]),
    "words": lambda left, right: (
        SYNONYMS.get(left.texts[0], left.texts[0]) != SYNONYMS.get(right.texts[0], right.texts[0])
    ),
    "tuple": _items,
    "set": _collections,
    "union": _unions,
    "relation": relations,
    "quantity": _quantities,
    "ratio": _ratios,
    "congruence": _congruences,
    "parameter": _parameters,
    "cases": case_distinctions,
}
