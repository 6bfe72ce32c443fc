"""Functions of whole numbers, on exact fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from util.answers.values.bounds import NotInField, NoValue, TooHard

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
