"""Exact values: fractions of bounded size, and functions of whole numbers on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from util.answers.syntax.nodes import Node, Num
from util.answers.values.evaluate import Evaluation, Field, Indeterminate, NotInField, NoValue, Steps, TooHard, evaluate

MAX_FACTORIAL, MAX_BINOMIAL = 600, 5_000


def wholes(*values: Fraction, limit: int = 10**4000) -> list[int]:
    """The values as whole numbers. Raises: NotInField, TooHard."""
    if any(value.denominator != 1 for value in values):
        raise NotInField("not a whole number")
    if any(abs(value) > limit for value in values):
        raise TooHard("too large a whole number")
    return [int(value) for value in values]


def _factorial(value: Fraction) -> Fraction:
    (n,) = wholes(value, limit=MAX_FACTORIAL)
    if n < 0:
        raise NoValue("the factorial of a negative number")
    return Fraction(math.factorial(n))


def _factorial2(value: Fraction) -> Fraction:
    (n,) = wholes(value, limit=MAX_FACTORIAL)
    if n < 0:
        raise NoValue("the factorial of a negative number")
    return Fraction(math.prod(range(n, 0, -2)))


def _binomial(above: Fraction, below: Fraction) -> Fraction:
    n, k = wholes(above, below, limit=MAX_BINOMIAL)
    if n < 0 or k < 0:
        raise NotInField("a binomial of negative numbers")
    return Fraction(math.comb(n, k))


def _modulo(value: Fraction, modulus: Fraction) -> Fraction:
    a, m = wholes(value, modulus)
    if m == 0:
        raise NoValue("modulo zero")
    return Fraction(a % m)


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "factorial": _factorial,
    "factorial2": _factorial2,
    "binom": _binomial,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "gcd": lambda *values: Fraction(math.gcd(*wholes(*values))),
    "lcm": lambda *values: Fraction(math.lcm(*wholes(*values, limit=10**60))),
    "mod": _modulo,
    "abs": abs,
    "norm": abs,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "sgn": lambda value: Fraction((value > 0) - (value < 0)),
    "Re": lambda value: value,
    "Im": lambda value: Fraction(0),
}


MAX_BITS = 20_000
MAX_ROOT = 64


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
            raise (Indeterminate if left == 0 else NoValue)("a division by zero")
        return _bounded(left / right)

    def power(self, run: Evaluation, base: Node, exponent: Node) -> Fraction:
        return power(run.value(base), run.value(exponent))

    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> Fraction:
        values = [run.value(item) for item in arguments]
        if name in ("sqrt", "cbrt", "root") and len(values) == (2 if name == "root" else 1):
            return _root(values[0], {"sqrt": Fraction(2), "cbrt": Fraction(3)}.get(name) or values[1])
        if name not in FUNCTIONS:
            raise NotInField(name)
        try:
            return FUNCTIONS[name](*values)
        except TypeError as error:
            raise NotInField(f"{name} of {len(values)} values") from error

    def whole(self, value: Fraction) -> int:
        return wholes(value)[0]


RATIONALS = Rationals()


def exact(node: Node) -> Fraction | None:
    """The value of a rational constant, or None if ``node`` is something else or too large."""
    return node.value if isinstance(node, Num) else exact_at(node, {})


def exact_at(node: Node, known: Mapping[str, Fraction]) -> Fraction | None:
    """The exact value where the symbols have the values ``known``; None if it is not rational, or too large."""
    try:
        found: Fraction = evaluate(node, RATIONALS, known, Steps(20_000))
    except (NotInField, TooHard, NoValue):
        return None
    return found


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooHard("a number of too many digits")
    return value


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """``base`` to the power of ``exponent``, if it is rational.

    Raises:
        NotInField: an irrational root. NoValue: zero to the power of zero or less. TooHard: too many digits.
    """
    if exponent.denominator != 1:
        base, exponent = _root(base, Fraction(exponent.denominator)), Fraction(exponent.numerator)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base not in (0, 1, -1) and bits * abs(exponent.numerator) > MAX_BITS:
        raise TooHard("a power of too many digits")
    if base == 0 and exponent <= 0:
        raise (Indeterminate if exponent == 0 else NoValue)("0 to the power of 0 or less")
    return base ** (exponent.numerator % 2 if base in (1, -1) else exponent.numerator)


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
