"""Whether two expressions have the same value: constants, and expressions at points (points.py)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from util.answers.syntax.nodes import Call, Derivative, Integral, Limit, Node, Range
from util.answers.syntax.tree import IMAGINARY, INFINITY, symbols, walk
from util.answers.values.calculus import Precise
from util.answers.values.complexes import doubles, in_doubles
from util.answers.values.evaluate import Indeterminate, NoResult, NotInField, NoValue, TooHard, evaluate
from util.answers.values.points import generic_points, special_points, whole_symbols
from util.answers.values.rationals import RATIONALS

DIGITS, MORE_DIGITS = 40, 150
SAME, SAME_LOOSELY, SAME_DOUBLES = 1e-25, 1e-8, 1e-9
"""Relative differences below which two values are equal: at 40 digits; for integrals, limits, derivatives and series,
which are computed to fewer digits; and in doubles."""
LEAST_GENERIC, LEAST = 2, 8
"""Generic points, and points of all, at which two expressions with symbols must both have a value."""


def same_values(left: Node, right: Node) -> bool | None:
    """Whether two expressions agree at every point, and are defined at the same ones.

    Where both are complex, although nothing says so, and differ, they are branches of functions that are real elsewhere.
    At a special point where one is 0/0, the other may have a value: a form that was cancelled has no gap there.

    None if there are too few points where both have a value, or a value is too hard to compute.
    """
    names = symbols(left) | symbols(right)
    loose = is_loose(left) or is_loose(right)
    if not names:
        return _agree(left, right, {}, loose, exact=True)
    whole, natural = whole_symbols((left, right))
    generic = list(generic_points(names, whole, natural))
    special = [] if loose else list(special_points((left, right), names, whole, natural))
    agreed = 0
    for place, known in enumerate([*generic, *special]):
        if place == len(generic) and agreed < LEAST_GENERIC:
            return None
        verdict = _agree(left, right, known, loose, exact=place < len(generic))
        if verdict is False:
            return False
        agreed += bool(verdict)
    if agreed < (LEAST_GENERIC if loose else LEAST):
        return None
    return True if loose or _branches_seen(left, right, [*generic, *special]) else None


def _branches_seen(left: Node, right: Node, points: list[dict[str, Fraction]]) -> bool:
    """Whether each argument of a maximum or minimum is the one at some point, where only one of the two sides has such."""
    calls, others = (
        [item for item in walk(side) if isinstance(item, Call) and item.name in ("max", "min")]
        for side in (left, right)
    )
    return len(calls) == len(others) or all(_each_chosen(call, points) for call in (*calls, *others))


def _each_chosen(call: Call, points: list[dict[str, Fraction]]) -> bool:
    chosen = set[int]()
    for known in points:
        try:
            values = [doubles().real(value) for value in in_doubles(call.arguments, known)]
        except NoResult:
            continue
        best = max(values) if call.name == "max" else min(values)
        chosen |= {place for place, value in enumerate(values) if value == best}
    return len(chosen) == len(call.arguments)


def _agree(left: Node, right: Node, known: Mapping[str, Fraction], loose: bool, *, exact: bool) -> bool | None:
    """Whether the two agree at one point; None if neither has a value there, or one is too hard to compute."""
    try:
        if not loose and (rational := _rational(left, right, known)) is not None:
            return rational
        if not loose and (quick := _in_doubles(left, right, known)) is not None and not (quick and exact):
            return quick
        return _agree_precisely(left, right, known, loose)
    except (TooHard, NotInField):
        return None


def _agree_precisely(left: Node, right: Node, known: Mapping[str, Fraction], loose: bool) -> bool | None:
    a, b = (_value_or_gap(side, known) for side in (left, right))
    if isinstance(a, NoValue) or isinstance(b, NoValue):
        both = isinstance(a, NoValue) and isinstance(b, NoValue)
        return None if both or isinstance(a, Indeterminate) or isinstance(b, Indeterminate) else False
    if loose:
        return close(a, b, SAME_LOOSELY) or max(abs(a), abs(b)) < 1e-9
    if close(a, b, SAME):
        return True
    if known and not _says_complex(left, right) and _complex(a) and _complex(b):
        return None
    if max(abs(a), abs(b)) > 1e-20:
        return False
    a, b = (value_at(side, known, digits=MORE_DIGITS) for side in (left, right))
    return close(a, b, SAME) or max(abs(a), abs(b)) < 1e-100


def _complex(value: Any) -> bool:
    return bool(abs(getattr(value, "imag", 0)) > 1e-20 * abs(value))


def _says_complex(*sides: Node) -> bool:
    return any(
        item == IMAGINARY or (isinstance(item, Call) and item.name == "cis") for side in sides for item in walk(side)
    )


def _rational(left: Node, right: Node, known: Mapping[str, Fraction]) -> bool | None:
    """The comparison with exact fractions; None if a value is not rational."""
    try:
        return bool(evaluate(left, RATIONALS, known) == evaluate(right, RATIONALS, known))
    except NoResult:
        return None


def _in_doubles(left: Node, right: Node, known: Mapping[str, Fraction]) -> bool | None:
    """A quick comparison; None if doubles cannot decide."""
    try:
        a, b = in_doubles((left, right), known)
    except (TooHard, NoValue, OverflowError):
        return None
    if not all(1e-6 < abs(value) < 1e12 for value in (a, b)) or _complex(a) or _complex(b):
        return None
    if close(a, b, SAME_DOUBLES):
        return True
    return None if close(a, b, 1e-5) else False


def _value_or_gap(node: Node, known: Mapping[str, Fraction]) -> Any:
    try:
        return value_at(node, known)
    except NoValue as gap:
        return gap


def value_at(node: Node, known: Mapping[str, Fraction], *, digits: int = DIGITS) -> Any:
    """The value as an mpf or mpc where the symbols have the values ``known``. Raises: NoValue, TooHard, NotInField."""
    import mpmath

    with mpmath.workdps(digits):
        places = {name: mpmath.mpf(value.numerator) / value.denominator for name, value in known.items()}
        found = evaluate(node, Precise(), places)
        if mpmath.isnan(found) or mpmath.isinf(found):
            raise NoValue("no finite value")
        return found


def real_value(node: Node) -> Any | None:
    """The value of a real constant as an mpf of 40 digits; None if it has no value or is not real."""
    import mpmath

    try:
        found = value_at(node, {})
    except NoResult:
        return None
    if isinstance(found, mpmath.mpc):
        return found.real if abs(found.imag) <= abs(found.real) * 1e-25 else None
    return found


def ratios_at_points(left: Node, right: Node) -> list[Any] | None:
    """left / right at the generic points; None if one cannot be computed or is zero."""
    names = symbols(left) | symbols(right)
    whole, natural = whole_symbols((left, right))
    found = []
    try:
        for known in generic_points(names, whole, natural):
            above, below = (value_at(side, known) for side in (left, right))
            if above == 0 or below == 0:
                return None
            found.append(above / below)
    except NoResult:
        return None
    return found


def as_fraction(value: Any) -> Fraction:
    """An mpf as an exact fraction."""
    sign, mantissa, exponent, _ = value._mpf_
    size: Fraction = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def close(left: Any, right: Any, tolerance: float) -> bool:
    """Whether two values differ by at most ``tolerance``, relative to the larger one."""
    size = max(abs(left), abs(right))
    if size - size != 0:  # infinite
        return bool(left == right)
    return bool(size == 0 or abs(left - right) <= tolerance * size)


def is_loose(node: Node) -> bool:
    """Whether a value is computed to few digits only."""
    return any(
        isinstance(item, (Integral, Limit, Derivative)) or (isinstance(item, Range) and item.last == INFINITY)
        for item in walk(node)
    )
