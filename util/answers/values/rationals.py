"""Exact values: fractions of bounded size, and functions of whole numbers on them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction

from util.answers.syntax.nodes import Node, Num
from util.answers.values.evaluate import Evaluation, Field, NoResult, NotInField, NoValue, Steps, TooHard, evaluate

MAX_FACTORIAL, MAX_BINOMIAL = 600, 5_000
MAX_BITS = 20_000
MAX_ROOT = 64


def wholes(*values: Fraction, limit: int = 10**4000) -> list[int]:
    """The values as whole numbers. Raises: NotInField, TooHard."""
    if any(value.denominator != 1 for value in values):
        raise NotInField("not a whole number")
    if any(abs(value) > limit for value in values):
        raise TooHard("too large a whole number")
    return [int(value) for value in values]


def _of_wholes(
    function: Callable[..., int], *, limit: int = 10**4000, natural: bool = False
) -> Callable[..., Fraction]:
    """A function of whole numbers up to a limit, with ``natural`` of none below 0."""

    def value(*values: Fraction) -> Fraction:
        numbers = wholes(*values, limit=limit)
        if natural and min(numbers) < 0:
            raise NotInField("a negative number")
        return Fraction(function(*numbers))

    return value


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "factorial": _of_wholes(math.factorial, limit=MAX_FACTORIAL, natural=True),
    "factorial2": _of_wholes(lambda n: math.prod(range(n, 0, -2)), limit=MAX_FACTORIAL, natural=True),
    "binom": _of_wholes(math.comb, limit=MAX_BINOMIAL, natural=True),
    "gcd": _of_wholes(math.gcd),
    "lcm": _of_wholes(math.lcm, limit=10**60),
    "mod": _of_wholes(operator.mod),
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "abs": abs,
    "norm": abs,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "sgn": lambda value: Fraction((value > 0) - (value < 0)),
    "Re": lambda value: value,
    "Im": lambda value: Fraction(0),
}


class Rationals(Field):
    """Rational numbers as ``Fraction``; roots only where they are rational."""

    def number(self, value: Fraction) -> Fraction:
        return value

    def plus(self, left: Fraction, right: Fraction) -> Fraction:
        return _bounded(left + right)

    def times(self, left: Fraction, right: Fraction) -> Fraction:
        return _bounded(left * right)

    def over(self, left: Fraction, right: Fraction) -> Fraction:
        if right == 0:
            raise NoValue("a division by zero")
        return _bounded(left / right)

    def power(self, run: Evaluation, base: Node, exponent: Node) -> Fraction:
        below, power = run.value(base), run.value(exponent)
        if power.denominator != 1:
            below, power = _root(below, Fraction(power.denominator)), Fraction(power.numerator)
        if below == 0 and power <= 0:
            raise NoValue("0 to the power of 0 or less")
        bits = max(below.numerator.bit_length(), below.denominator.bit_length())
        if below in (0, 1, -1):
            return Fraction(below ** (power.numerator % 2) if below else 0)
        if bits * abs(power.numerator) > MAX_BITS:
            raise TooHard("a power of too many digits")
        return Fraction(below**power.numerator)

    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> Fraction:
        values = [run.value(item) for item in arguments]
        if name in ("sqrt", "cbrt", "root") and len(values) == (2 if name == "root" else 1):
            return _root(values[0], {"sqrt": Fraction(2), "cbrt": Fraction(3)}.get(name) or values[1])
        if name not in FUNCTIONS:
            raise NotInField(name)
        try:
            return FUNCTIONS[name](*values)
        except (TypeError, ZeroDivisionError) as error:
            raise NotInField(f"{name} of {len(values)} values: {error}") from error

    def whole(self, value: Fraction) -> int:
        return wholes(value)[0]


RATIONALS = Rationals()


def exact(node: Node) -> Fraction | None:
    """The value of a rational constant, or None if ``node`` is something else or too large."""
    if isinstance(node, Num):
        return node.value
    try:
        return Fraction(evaluate(node, RATIONALS, {}, Steps(20_000)))
    except NoResult:
        return None


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooHard("a number of too many digits")
    return value


def _root(value: Fraction, degree: Fraction) -> Fraction:
    if degree.denominator != 1 or not 0 < degree <= MAX_ROOT or (value < 0 and degree % 2 == 0):
        raise NotInField("a root")
    above, below = (_integer_root(abs(part), int(degree)) for part in (value.numerator, value.denominator))
    return Fraction(-above if value < 0 else above, below)


def _integer_root(value: int, degree: int) -> int:
    if degree == 2:
        root = math.isqrt(value)
    else:
        low, high = 0, 1 << (value.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
        root = low
    if root**degree != value:
        raise NotInField("an irrational root")
    return root
