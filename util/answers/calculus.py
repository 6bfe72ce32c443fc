"""Sums, products, integrals, derivatives and limits by numerical evaluation, within the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from util.answers.evaluation import Evaluation
from util.answers.nodes import Node, TooHard

MAX_TERMS = 2_000
_NEAR = 20
"""Decimal exponent of the distance between a limit's target and the points where it is evaluated."""


def calculus_value(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    """The value of a sum, product, integral, limit or derivative.

    Raises:
        TooHard: it does not converge, or exceeds the budget.
    """
    if node.op in ("sum", "prod"):
        return _range(run, node, known)
    if node.op == "int":
        return _integral(run, node, known)
    if node.op == "lim":
        return _limit(run, node, known)
    return _derivative(run, node, known)


def _body(run: Evaluation, node: Node, name: str, known: Mapping[str, Any]) -> Callable[[Any], Any]:
    return lambda x: run.value(node, {**known, name: x})


def _range(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    name, first, last, body = node.args
    context = run.context
    low = run.value(first, known)
    function = _body(run, body, name, known)
    if last == Node("const", ("inf",)):
        if node.op == "prod" or not hasattr(context, "workdps"):
            raise TooHard("no value: an infinite product")
        with context.workdps(15):
            _require_convergence(run, function)
            return context.nsum(function, [low, context.inf])
    high = run.value(last, known)
    if low != int(context.re(low)) or high != int(context.re(high)) or abs(high - low) > MAX_TERMS:
        raise TooHard("no value: a range that is too long")
    total = context.mpf(0 if node.op == "sum" else 1)
    for index in range(int(context.re(low)), int(context.re(high)) + 1):
        term = function(context.mpf(index))
        total = run.checked(total + term if node.op == "sum" else total * term)
    return total


def _require_convergence(run: Evaluation, function: Callable[[Any], Any]) -> None:
    """Raise TooHard for a series whose terms do not shrink fast enough: summation methods give it a value too."""
    context = run.context
    early, late, next_one = (function(context.mpf(n)) for n in (10**3, 10**6, 10**6 + 1))
    alternating = context.re(late * context.conj(next_one)) < 0
    shrinks = abs(late) < abs(early) / 2 or late == 0
    summable = abs(late) * 10**6 < abs(early) * 10**3 / 2 or late == 0
    if not (shrinks and (alternating or summable)):
        raise TooHard("no value: a series that does not converge")


def _bound(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    if node == Node("const", ("inf",)):
        return run.context.inf
    if node == Node("neg", (Node("const", ("inf",)),)):
        return -run.context.inf
    return run.value(node, known)


def _integral(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    import mpmath

    name, low, high, body = node.args
    if low is None:
        raise TooHard("no value: an integral without bounds")
    function = _body(run, body, name, known)
    with mpmath.workdps(16):
        found, error = mpmath.mp.quad(
            function, [_bound(run, low, known), _bound(run, high, known)], maxdegree=6, error=True
        )
    if not error < 1e-9 * max(1, abs(found)):
        raise TooHard("no value: an integral that does not converge")
    return run.context.convert(found)


def _derivative(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    import mpmath

    name, order, body = node.args
    if name not in known:
        raise TooHard("no value: a derivative by a variable without a value")
    return run.context.convert(mpmath.mp.diff(_body(run, body, name, known), known[name], order))


def _limit(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    """The value very near the target, from both sides unless the limit is one-sided."""
    import mpmath

    name, target, body = node.args
    sides: tuple[int, ...] = (1, -1)
    if target.op == "pow" and target.args[1].op in ("plus", "minus"):
        target, sides = target.args[0], ((1,) if target.args[1].op == "plus" else (-1,))
    function = _body(run, body, name, known)
    with mpmath.workdps(4 * _NEAR):
        place = _bound(run, target, known)
        if abs(place) == mpmath.inf:
            points = [mpmath.mpf(10) ** _NEAR * (1 if place > 0 else -1)] * 2
            points[1] *= 3
        else:
            points = [place + side * mpmath.mpf(10) ** -_NEAR for side in sides]
        values = [function(mpmath.mpmathify(x)) for x in points]
        if abs(values[0] - values[-1]) > 1e-8 * max(1, abs(values[0])):
            raise TooHard("no value: the limit does not exist")
        return run.context.convert(values[0])
