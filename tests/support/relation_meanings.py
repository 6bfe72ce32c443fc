"""Whether two relations, systems or case distinctions certainly mean something different."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from support.answer_points import end_of, grid, pairs, places_of, points, values_differ
from support.answer_shapes import RELATIONS, Shape, split
from support.latex_values import Refused, Undefined, formula, value

RELATIONS_OF = {
    "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\ne": "!=",
    "\\neq": "!=", "\\lt": "<", "\\gt": ">",
}  # fmt: skip


def relations(left: Shape, right: Shape) -> bool | None:
    """Equations by their zeros, other relations by their truth at points. Several are joined by "and" or "or"."""
    if len(left.parts) != len(right.parts) or left.texts != right.texts:
        return None
    chains = [[_chain(part) for part in side.parts] for side in (left, right)]
    letters = frozenset().union(*(formula(text)[1] for side in chains for texts, _ in side for text in texts))
    if all(signs == ["="] for side in chains for _, signs in side):
        found = [_equations(a[0], b[0], letters) for a, b in zip(*chains, strict=True)]
        return True if True in found and len(found) == 1 else None if len(found) == 1 else _systems(chains, letters)
    if any(signs.count("=") > 1 for side in chains for _, signs in side):
        return None
    constants = [end for side in chains for texts, _ in side for text in texts if (end := end_of(text)) is not None]
    places = list(places_of(constants))
    joins = [any] if "or" in left.texts else [all] if "and" in left.texts else [any, all]  # a comma may be either
    found: set[int] = set()
    for point in grid(letters, places):
        try:
            truths = [[_true(texts, signs, point) for texts, signs in side] for side in chains]
        except Undefined:
            continue
        found.update(place for place, join in enumerate(joins) if join(truths[0]) != join(truths[1]))
        if len(found) == len(joins):
            return True
    return False


def _chain(text: str) -> tuple[list[str], list[str]]:
    texts = split(text, RELATIONS.pattern)
    signs = [RELATIONS_OF.get(sign, sign) for sign in RELATIONS.findall(text)]
    if not signs or len(texts) != len(signs) + 1:
        raise Refused(text)
    return texts, signs


def _true(texts: list[str], signs: list[str], point: dict[str, Any]) -> bool:
    values = [value(formula(text)[0], point).real for text in texts]
    tests = {
        "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
        "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
    }  # fmt: skip
    return all(tests[sign](a, b) for sign, a, b in zip(signs, values, values[1:], strict=False))


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
        compared = [[(a != c) or values_differ(b, d) for c, d in others] for a, b in some]
        return True if any(all(cell is True for cell in row) for row in compared) else None
    return True if set(first) != set(second) or any(values_differ(first[k], second[k]) for k in first) else None


def case_distinctions(left: Shape, right: Shape) -> bool | None:
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
        if (end := end_of(text)) is not None
    ]
    for point in grid(letters, list(places_of(ends))):
        try:
            a, b = (_branch(side, point) for side in (left, right))
        except Undefined:
            continue
        if (a is None) != (b is None) or (a is not None and abs(a - b) > 10**-20):
            return True
    return False


def _branch(side: Shape, point: dict[str, Any]) -> Any:
    for result, condition in pairs(side.parts):
        if _true(*_chain(condition), point):
            return value(formula(result)[0], point)
    return None
