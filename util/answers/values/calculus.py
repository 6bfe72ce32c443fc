"""Infinite sums, integrals, derivatives and limits by numerical evaluation, within the budget."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from util.answers.syntax.nodes import Derivative, Integral, Limit, Node, Range
from util.answers.syntax.tree import INFINITY, MINUS_INFINITY
from util.answers.values.arithmetic import Arithmetic
from util.answers.values.evaluate import Evaluation, NotInField, NoValue

_NEAR = 20
"""Decimal exponent of the distance between a limit's target and the points where it is evaluated."""


def calculus_value(run: Evaluation, field: Arithmetic, node: Node) -> Any:
    """The value of an infinite sum, integral, limit or derivative.

    Raises:
        NoValue: it does not converge. TooHard: not within the budget. NotInField: none of these.
    """
    import mpmath

    try:
        if isinstance(node, Range):
            return _series(run, field, node)
        if isinstance(node, Integral):
            return _integral(run, field, node)
        if isinstance(node, Limit):
            return _limit(run, field, node)
        if isinstance(node, Derivative):
            return _derivative(run, field, node)
    except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence, TypeError) as error:
        if isinstance(error, NotInField):
            raise
        raise NoValue(f"{type(node).__name__}: {error}") from error
    raise NotInField(type(node).__name__)


def _body(run: Evaluation, node: Node, name: str) -> Callable[[Any], Any]:
    return lambda x: run.having(name, x).value(node)


def _series(run: Evaluation, field: Arithmetic, node: Range) -> Any:
    if node.kind == "prod":
        raise NoValue("an infinite product")
    low, function = run.value(node.first), _body(run, node.body, node.variable)
    with field.context.workdps(15):
        _require_convergence(field, function)
        return field.context.nsum(function, [low, field.context.inf])


def _require_convergence(field: Arithmetic, function: Callable[[Any], Any]) -> None:
    """Raise NoValue for a series whose terms do not shrink fast enough: summation methods give it a value too."""
    context = field.context
    early, late, next_one = (function(field.number(Fraction(n))) for n in (10**3, 10**6, 10**6 + 1))
    alternating = context.re(late * context.conj(next_one)) < 0
    shrinks = abs(late) < abs(early) / 2 or late == 0
    summable = abs(late) * 10**6 < abs(early) * 10**3 / 2 or late == 0
    if not (shrinks and (alternating or summable)):
        raise NoValue("a series that does not converge")


def _bound(run: Evaluation, field: Arithmetic, node: Node) -> Any:
    if node in (INFINITY, MINUS_INFINITY):
        return field.context.inf if node == INFINITY else -field.context.inf
    return run.value(node)


def _integral(run: Evaluation, field: Arithmetic, node: Integral) -> Any:
    import mpmath

    if node.low is None or node.high is None:
        raise NotInField("an integral without bounds")
    function = _body(run, node.body, node.variable)
    ends = [_bound(run, field, end) for end in (node.low, node.high)]
    with mpmath.workdps(16):
        found, error = mpmath.mp.quad(function, ends, maxdegree=6, error=True)
    if not error < 1e-9 * max(1, abs(found)):
        raise NoValue("an integral that does not converge")
    return field.context.convert(found)


def _derivative(run: Evaluation, field: Arithmetic, node: Derivative) -> Any:
    import mpmath

    place = run.known.get(node.variable)
    if place is None:
        raise NotInField("a derivative by a variable without a value")
    found = mpmath.mp.diff(_body(run, node.body, node.variable), place, node.order)
    return field.context.convert(found)


def _limit(run: Evaluation, field: Arithmetic, node: Limit) -> Any:
    """The value very near the target, from both sides unless the limit is one-sided."""
    import mpmath

    sides = (node.side,) if node.side else (1, -1)
    function = _body(run, node.body, node.variable)
    with mpmath.workdps(4 * _NEAR):
        place = _bound(run, field, node.target)
        if abs(place) == mpmath.inf:
            points = [mpmath.mpf(10) ** _NEAR * (1 if place > 0 else -1)] * 2
            points[1] *= 3
        else:
            points = [place + side * mpmath.mpf(10) ** -_NEAR for side in sides]
        values = [function(mpmath.mpmathify(x)) for x in points]
        if abs(values[0] - values[-1]) > 1e-8 * max(1, abs(values[0])):
            raise NoValue("the limit does not exist")
        return field.context.convert(values[0])
