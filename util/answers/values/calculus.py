"""Infinite sums, integrals, derivatives and limits by numerical evaluation, within the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.answers.syntax.nodes import Derivative, Integral, Limit, Node, Range
from util.answers.syntax.tree import INFINITY, MINUS_INFINITY
from util.answers.values.complexes import Complexes
from util.answers.values.evaluate import Evaluation, NotInField, NoValue, TooHard

MAX_CALCULUS = 3
"""Greatest nesting of integrals, limits and derivatives: the precision grows with each level."""
_NEAR = 20
"""Decimal exponent of the distance between a limit's target and the points where it is evaluated."""


class Precise(Complexes):
    """Numbers of any precision in ``mpmath.mp``, with calculus."""

    def __init__(self) -> None:
        import mpmath

        super().__init__(mpmath.mp, doubles=False)

    def calculus(self, run: Evaluation, node: Node) -> Any:
        import mpmath

        if run.calculus >= MAX_CALCULUS:
            raise TooHard("too many integrals, limits or derivatives inside each other")
        inner = Evaluation(self, run.known, run.steps, run.calculus + 1)
        try:
            return self.checked(_RULES[type(node)](inner, self.context, node))
        except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence, TypeError) as error:
            raise NoValue(f"{type(node).__name__}: {error}") from error


def _body(run: Evaluation, node: Node, name: str) -> Callable[[Any], Any]:
    return lambda x: run.having(name, x).value(node)


def _series(run: Evaluation, context: Any, node: Range) -> Any:
    if node.kind == "prod":
        raise NoValue("an infinite product")
    low, function = run.value(node.first), _body(run, node.body, node.variable)
    with context.workdps(15):
        _require_convergence(context, function)
        return context.nsum(function, [low, context.inf])


def _require_convergence(context: Any, function: Callable[[Any], Any]) -> None:
    """Raise NoValue for a series whose terms do not shrink fast enough: summation methods give it a value too."""
    early, late, next_one = (function(context.mpf(n)) for n in (10**3, 10**6, 10**6 + 1))
    alternating = context.re(late * context.conj(next_one)) < 0
    shrinks = abs(late) < abs(early) / 2 or late == 0
    summable = abs(late) * 10**6 < abs(early) * 10**3 / 2 or late == 0
    if not (shrinks and (alternating or summable)):
        raise NoValue("a series that does not converge")


def _bound(run: Evaluation, context: Any, node: Node) -> Any:
    if node in (INFINITY, MINUS_INFINITY):
        return context.inf if node == INFINITY else -context.inf
    return run.value(node)


def _integral(run: Evaluation, context: Any, node: Integral) -> Any:
    if node.low is None or node.high is None:
        raise NotInField("an integral without bounds")
    ends = [_bound(run, context, end) for end in (node.low, node.high)]
    with context.workdps(16):
        found, error = context.quad(_body(run, node.body, node.variable), ends, maxdegree=6, error=True)
    if not error < 1e-9 * max(1, abs(found)):
        raise NoValue("an integral that does not converge")
    return found


def _derivative(run: Evaluation, context: Any, node: Derivative) -> Any:
    place = run.known.get(node.variable)
    if place is None:
        raise NotInField("a derivative by a variable without a value")
    return context.diff(_body(run, node.body, node.variable), place, node.order)


def _limit(run: Evaluation, context: Any, node: Limit) -> Any:
    """The value very near the target, from both sides unless the limit is one-sided."""
    sides = (node.side,) if node.side else (1, -1)
    function = _body(run, node.body, node.variable)
    with context.workdps(4 * _NEAR):
        place = _bound(run, context, node.target)
        if abs(place) == context.inf:
            points = [context.mpf(10) ** _NEAR * (1 if place > 0 else -1)] * 2
            points[1] *= 3
        else:
            points = [place + side * context.mpf(10) ** -_NEAR for side in sides]
        values = [function(context.mpmathify(x)) for x in points]
        if abs(values[0] - values[-1]) > 1e-8 * max(1, abs(values[0])):
            raise NoValue("the limit does not exist")
        return values[0]


_RULES: dict[type[Node], Callable[[Evaluation, Any, Any], Any]] = {
    Range: _series, Integral: _integral, Limit: _limit, Derivative: _derivative,
}  # fmt: skip
