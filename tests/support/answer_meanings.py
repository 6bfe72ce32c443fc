"""Whether two answers certainly mean something different, by means that share nothing with ``util.answers``.

Both texts are split into the same outer form (tuple, interval, equation, ...), and the expressions inside are compared
by their values at many points. "Different" is said only on a proof: a point, an element or a number at which they differ.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from support.answer_shapes import RELATIONS, Shape, shape, split
from support.latex_values import Refused, Undefined, formula, value

WHOLE = frozenset("nkmpqijN")
"""Letters that take whole numbers only."""
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
EDGE = 10**-33
"""Relative difference of values above which they are certainly different."""


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
    ends = [_end(part) for part in (*left.parts, *right.parts)]
    if None in ends:
        if len(left.parts) == len(right.parts) == 2:
            return (
                left.texts != right.texts
                or any(differs(a, b) for a, b in zip(left.parts, right.parts, strict=True))
                or None
            )
        return None
    for place in _places([end for end in ends if abs(end) < 10**30]):
        if _inside(left, place) != _inside(right, place):
            return True
    return False


def _end(text: str) -> Any:
    import mpmath

    sign = {"\\infty": 1, "+\\infty": 1, "-\\infty": -1}.get(text.replace(" ", ""))
    if sign:
        return mpmath.mpf(10) ** 40 * sign
    found, letters = formula(text)
    return None if letters else value(found, {}).real


def _places(ends: list[Any]) -> Iterator[Any]:
    """Every end, points close to it, and points between and beyond."""
    import mpmath

    known = sorted({*ends, mpmath.mpf(0)})
    yield from known
    for end in known:
        yield from (end - mpmath.mpf(10) ** -9, end + mpmath.mpf(10) ** -9)
    for low, high in itertools.pairwise([known[0] - 1000, *known, known[-1] + 1000]):
        yield (low + high) / 2


def _pairs(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items[::2], items[1::2], strict=True)


def _inside(union: Shape, place: Any) -> bool:
    for bracket, (low, high) in zip(union.texts, _pairs([_end(part) for part in union.parts]), strict=True):
        above = place > low or (bracket[0] == "[" and place == low)
        if above and (place < high or (bracket[1] == "]" and place == high)):
            return True
    return False


def _relations(left: Shape, right: Shape) -> bool | None:
    """Equations by their zeros, other relations by their truth at points. Several are joined by "and" or "or"."""
    if len(left.parts) != len(right.parts):
        return None
    chains = [[_chain(part) for part in side.parts] for side in (left, right)]
    letters = frozenset().union(*(formula(text)[1] for side in chains for texts, _ in side for text in texts))
    if all(signs == ["="] for side in chains for _, signs in side):
        found = [_equations(a[0], b[0], letters) for a, b in zip(*chains, strict=True)]
        return True if True in found and len(found) == 1 else None if len(found) == 1 else _systems(chains, letters)
    if any(signs.count("=") > 1 for side in chains for _, signs in side):
        return None
    constants = [end for side in chains for texts, _ in side for text in texts if (end := _end(text)) is not None]
    places = list(_places(constants))
    for point in _grid(letters, places):
        try:
            truths = [[_true(texts, signs, point) for texts, signs in side] for side in chains]
        except Undefined:
            continue
        if (any(truths[0]), all(truths[0])) != (any(truths[1]), all(truths[1])) and len(
            {any(truths[0]), all(truths[0]), any(truths[1]), all(truths[1])}
        ) > 1:
            return True
    return False


def _chain(text: str) -> tuple[list[str], list[str]]:
    texts = split(text, RELATIONS.pattern)
    signs = [RELATIONS_OF.get(sign, sign) for sign in RELATIONS.findall(text)]
    if not signs or len(texts) != len(signs) + 1:
        raise Refused(text)
    return texts, signs


RELATIONS_OF = {
    "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\ne": "!=",
    "\\neq": "!=", "\\lt": "<", "\\gt": ">",
}  # fmt: skip


def _true(texts: list[str], signs: list[str], point: dict[str, Any]) -> bool:
    values = [value(formula(text)[0], point).real for text in texts]
    tests = {
        "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
        "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
    }  # fmt: skip
    return all(tests[sign](a, b) for sign, a, b in zip(signs, values, values[1:], strict=False))


def _grid(letters: frozenset[str], places: list[Any]) -> Iterator[dict[str, Any]]:
    """Points of the letters: each takes the given places, whole letters only the whole ones."""
    import mpmath

    more = [mpmath.mpf(item) for item in (-7, -3, -2, -1, 0, 1, 2, 3, 5, 8, 10, 11, 50)] if len(letters) > 1 else []
    items = [*places, *more]
    axes = [[item for item in items if letter[0] not in WHOLE or item == int(item)] for letter in sorted(letters)]
    for combination in itertools.islice(itertools.product(*axes), 600):
        yield dict(zip(sorted(letters), combination, strict=True))


def _equations(left: list[str], right: list[str], letters: frozenset[str]) -> bool | None:
    """Whether a point that solves the first equation does not solve the second."""
    import mpmath

    if not letters:
        sides = [[value(formula(text)[0], {}) for text in side] for side in (left, right)]
        true = [abs(a - b) < 10**-60 for a, b in sides]
        return True if true[0] != true[1] else None
    mine = formula(left[0])[1] | formula(left[1])[1]
    for point in _solutions(left, mine):
        try:
            full = {**{letter: mpmath.mpf(7) / 3 for letter in letters}, **point}
            a, b = (value(formula(text)[0], full) for text in right)
        except Undefined:
            continue
        if abs(a - b) > 10**-12 * max(abs(a), abs(b), 1):
            return True
    return None


@lru_cache(maxsize=1000)
def _solved(left: str, right: str, letters: frozenset[str]) -> tuple[dict[str, Any], ...]:
    import mpmath

    found = []
    residual = formula(f"({left})-({right})")[0]
    for target in sorted(letters):
        for others in points(letters - {target})[:4] if len(letters) > 1 else ({},):
            grid = [mpmath.mpf(item) / 2 for item in range(-61, 240, 3)]
            with mpmath.workdps(40):
                found += _roots(residual, target, others, grid)
    return tuple(found)


def _solutions(texts: list[str], letters: frozenset[str]) -> tuple[dict[str, Any], ...]:
    return _solved(texts[0], texts[1], letters)


def _roots(residual: Any, target: str, others: dict[str, Any], grid: list[Any]) -> list[dict[str, Any]]:
    import mpmath

    found: list[dict[str, Any]] = []
    before: tuple[Any, Any] | None = None
    for place in grid:
        try:
            here = value(residual, {**others, target: place}).real
        except Undefined:
            before = None
            continue
        if here == 0:
            found.append({**others, target: place})
        elif before is not None and before[1] * here < 0:
            low, high = before[0], place
            for _ in range(90):
                middle = (low + high) / 2
                try:
                    sign = value(residual, {**others, target: middle}).real
                except Undefined:
                    break
                low, high = (middle, high) if sign * before[1] > 0 else (low, middle)
            else:
                found.append({**others, target: (low + high) / 2})
        before = (place, here)
        if len(found) >= 3:
            break
    return [point for point in found if mpmath.isfinite(point[target])]


def _systems(chains: Any, letters: frozenset[str]) -> bool | None:
    """Systems of "letter = number": a proof is a letter with another value, or another set of letters."""
    tables = []
    for side in chains:
        table = {texts[0]: texts[1] for texts, _ in side}
        if any(formula(text)[1] for text in table.values()):
            return None
        tables.append((table, sorted((texts[0], texts[1]) for texts, _ in side)))
    (first, some), (second, others) = tables
    if len(first) < len(some) or len(second) < len(others):  # the same letter twice: several solutions
        pairs = [[(a != c) or values_differ(b, d) for c, d in others] for a, b in some]
        return True if any(all(cell is True for cell in row) for row in pairs) else None
    return True if set(first) != set(second) or any(values_differ(first[k], second[k]) for k in first) else None


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
    """The values for all whole parameters, inside a window."""
    if left.texts[0] != right.texts[0]:
        return True
    sides = []
    for side in (left, right):
        found, letters = formula(side.parts[0])
        if letters != {side.texts[1]}:
            return None
        sides.append([value(found, {side.texts[1]: number}).real for number in range(-60, 61)])
    for some, others in (sides, sides[::-1]):
        for number in some[50:71]:
            if min(abs(number - other) for other in others) > 10**-20:
                return True
    return False


def _cases(left: Shape, right: Shape) -> bool | None:
    if left.texts != right.texts:
        return True
    letters = frozenset().union(
        *(formula(text)[1] for side in (left, right) for part in side.parts for text in split(part, RELATIONS.pattern))
    )
    ends = [
        end
        for side in (left, right)
        for part in side.parts[1::2]
        for text in _chain(part)[0]
        if (end := _end(text)) is not None
    ]
    for point in _grid(letters, list(_places(ends))):
        try:
            a, b = (_branch(side, point) for side in (left, right))
        except Undefined:
            continue
        if (a is None) != (b is None) or (a is not None and abs(a - b) > 10**-20):
            return True
    return False


def _branch(side: Shape, point: dict[str, Any]) -> Any:
    for result, condition in _pairs(side.parts):
        if _true(*_chain(condition), point):
            return value(formula(result)[0], point)
    return None


COMPARED: dict[str, Callable[[Shape, Shape], bool | None]] = {
    "scalar": lambda left, right: values_differ(left.parts[0], right.parts[0]),
    "words": lambda left, right: (
        SYNONYMS.get(left.texts[0], left.texts[0]) != SYNONYMS.get(right.texts[0], right.texts[0])
    ),
    "tuple": _items,
    "set": _collections,
    "union": _unions,
    "relation": _relations,
    "quantity": _quantities,
    "ratio": _ratios,
    "congruence": _congruences,
    "parameter": _parameters,
    "cases": _cases,
}
