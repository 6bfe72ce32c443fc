"""Values by evaluation: constants, and expressions at fixed points.

mpmath does the arithmetic, first in doubles (which detect most differences), then with 40 digits. Sizes, steps
and time are bounded; a value that cannot be computed within the bounds raises TooHard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from util.answers.calculus import calculus_value
from util.answers.evaluation import MAX_EXPONENT, Evaluation, Handler, NoNumber
from util.answers.exact import Steps, rational
from util.answers.functions import EVALUATORS, applied, determinant
from util.answers.nodes import Node, TooHard, symbols, walk

DIGITS = 40
SAME, SAME_LOOSELY = 1e-25, 1e-8
"""Relative differences below which two values are equal; the second applies to limits, integrals and derivatives."""

MAX_CALCULUS = 3
"""Greatest nesting of sums, integrals, limits and derivatives: the precision grows with each level."""

_LOOSE = frozenset(["int", "lim", "deriv"])
_INFINITE = ("const", ("inf",))


def same_values(left: Node, right: Node) -> bool | None:
    """Whether two expressions agree at every point where both have a value.

    None if there are fewer than two such points, or a value is too hard to compute.
    """
    try:
        names = symbols(left) | symbols(right)
        loose = _is_loose(left) or _is_loose(right)
        agreed = 0
        for point in range(4 if names else 1):
            verdict = _same_at(left, right, names, point, loose)
            if verdict is False:
                return False
            agreed += bool(verdict)
            if agreed == 3:
                return True
        return True if agreed >= (2 if names else 1) else None
    except (TooHard, NoNumber):
        return None


def ratio_at_points(left: Node, right: Node) -> list[Any] | None:
    """left / right at three points; None if one cannot be computed or is zero or infinite."""
    names = symbols(left) | symbols(right)
    found = []
    try:
        for point in range(3):
            above, below = (_value(side, names, point, exact=True) for side in (left, right))
            if above == 0 or below == 0:
                return None
            found.append(above / below)
    except (TooHard, NoNumber):
        return None
    return found


def real_value(node: Node) -> Any | None:
    """The value of a real constant as an mpf of 40 digits; None if it has no value or is not real."""
    try:
        value = _value(node, set(), 0, exact=True)
    except (TooHard, NoNumber):
        return None
    import mpmath

    if isinstance(value, mpmath.mpc):
        if abs(value.imag) > abs(value.real) * 1e-25:
            return None
        value = value.real
    return value


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


def _same_at(left: Node, right: Node, names: set[str], point: int, loose: bool) -> bool | None:
    try:
        if loose:
            raise TooHard("doubles are too coarse")
        quick = [_value(side, names, point, exact=False) for side in (left, right)]
    except (TooHard, OverflowError):
        quick = []
    if quick and all(1e-6 < abs(value) < 1e12 for value in quick) and not close(quick[0], quick[1], 1e-5):
        return False
    try:
        a, b = (_value(side, names, point, exact=True) for side in (left, right))
    except TooHard as error:
        if names and not str(error).startswith("too"):
            return None  # no value at this point
        raise
    if loose:
        return close(a, b, SAME_LOOSELY) or max(abs(a), abs(b)) < 1e-9
    if close(a, b, SAME):
        return True
    if max(abs(a), abs(b)) > 1e-20:
        return False
    a, b = (_value(side, names, point, exact=True, digits=150) for side in (left, right))
    return close(a, b, SAME) or max(abs(a), abs(b)) < 1e-100


def _is_loose(node: Node) -> bool:
    return any(item.op in _LOOSE or (item.op in ("sum", "prod") and item.args[2] == _INFINITE) for item in walk(node))


def _value(node: Node, names: set[str], point: int, *, exact: bool, digits: int = DIGITS) -> Any:
    import mpmath

    context: Any = mpmath.mp if exact else mpmath.fp
    with mpmath.workdps(digits):
        known = {name: _place(name, point, context) for name in names}
        try:
            value = Evaluation(context, _HANDLERS).value(node, known)
        except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence, TypeError) as error:
            if isinstance(error, NoNumber):
                raise
            raise TooHard(f"no value: {error}") from error
        if context.isnan(value) or context.isinf(value):
            raise TooHard("no finite value")
        return value


def _place(name: str, point: int, context: Any) -> Any:
    """A fixed value of a symbol: two points positive, the third negative, the fourth above 1."""
    digest = hashlib.sha256(f"{point} {name}".encode("utf-8", "surrogatepass")).digest()
    share = context.mpf(int.from_bytes(digest[:6], "big")) / 2**48
    low, width = ((0.3, 2), (1.1, 1.7), (-1.9, 1.4), (2.2, 3))[point]
    return low + width * share


def _num(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    value: Fraction = node.args[0]
    if value.numerator.bit_length() > MAX_EXPONENT or value.denominator.bit_length() > MAX_EXPONENT:
        raise TooHard("too large a number")
    return run.context.mpf(value.numerator) / value.denominator


def _sym(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    if node.args[0] not in known or node.args[0].startswith("set "):
        raise NoNumber(node.args[0])
    return known[node.args[0]]


def _const(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    name, context = node.args[0], run.context
    if name == "inf":
        raise NoNumber("infinity")
    return +context.pi if name == "pi" else +context.e if name == "e" else context.mpc(0, 1)


def _add(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    total = run.value(node.args[0], known)
    for item in node.args[1:]:
        total = total + run.value(item, known)
    return total


def _mul(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    total = run.value(node.args[0], known)
    for item in node.args[1:]:
        total = run.checked(total * run.value(item, known))
    return total


def _pow(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    base, exponent = (run.value(item, known) for item in node.args)
    if run.context.im(base) == 0 and run.context.re(base) < 0 and run.context.im(exponent) == 0:
        try:
            fraction = rational(node.args[1], {}, Steps(200))
        except (ValueError, ArithmeticError):
            return run.power(base, exponent)
        if fraction.denominator % 2:  # the real root, as taught at school
            size = run.power(-run.context.re(base), run.context.re(exponent))
            return -size if fraction.numerator % 2 else size
    return run.power(base, exponent)


def _function(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    name, *items = node.args
    if name == "det" or (name == "abs" and items[0].op == "matrix"):
        return determinant(run, items[0], known)
    arguments = [run.value(item, known) for item in items]
    if name.startswith("apply "):
        return applied(run, name, arguments)
    if name not in EVALUATORS:
        raise NoNumber(name)
    return EVALUATORS[name](run, *arguments)


def _calculus(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    if run.calculus >= MAX_CALCULUS:
        raise TooHard("too many integrals, limits or derivatives inside each other")
    run.calculus += 1
    value = calculus_value(run, node, known)
    run.calculus -= 1
    return value


_HANDLERS: dict[str, Handler] = {
    "num": _num,
    "sym": _sym,
    "const": _const,
    "add": _add,
    "mul": _mul,
    "neg": lambda run, node, known: -run.value(node.args[0], known),
    "div": lambda run, node, known: run.value(node.args[0], known) / run.value(node.args[1], known),
    "pow": _pow,
    "pct": lambda run, node, known: run.value(node.args[0], known) / 100,
    "deg": lambda run, node, known: run.value(node.args[0], known) * run.context.pi / 180,
    "fact": lambda run, node, known: _function(run, Node("fun", ("factorial", *node.args)), known),
    "fun": _function,
    "sum": _calculus,
    "prod": _calculus,
    "int": _calculus,
    "lim": _calculus,
    "deriv": _calculus,
}
