"""Equality of algebraic expressions by residues modulo a large prime.

Two polynomials, rational functions or sums of square roots are equal if they agree modulo the prime at
random points (Schwartz 1980, Zippel 1979): integer arithmetic, no rounding. pi and e are treated as
indeterminates; i and the roots of small primes are roots modulo the prime, which is chosen so that they exist.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from util.answers.syntax.nodes import Node
from util.answers.values.evaluate import Evaluation, Field, NoResult, NotInField, NoValue, Steps, digest_of, evaluate
from util.answers.values.rationals import RATIONALS

_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)

PRIME = 68_867_655_649_911_037_921
"""A prime that is 1 modulo 8 and modulo each odd prime up to 47: -1 and all of these are squares."""


class Residues(Field):
    """Whole numbers modulo ``PRIME``; each symbol is a random residue that depends on ``point``."""

    def __init__(self, point: int) -> None:
        self.point = point

    def number(self, value: Fraction) -> int:
        return value.numerator * _inverse(value.denominator % PRIME) % PRIME

    def constant(self, name: str) -> int:
        if name == "i":
            return _root_of(-1)
        if name == "inf":
            raise NotInField(name)
        return _random(f"const {name}", self.point)

    def symbol(self, name: str) -> int:
        return _random(f"sym {name}", self.point)

    def plus(self, left: int, right: int) -> int:
        return (left + right) % PRIME

    def times(self, left: int, right: int) -> int:
        return left * right % PRIME

    def over(self, left: int, right: int) -> int:
        return left * _inverse(right) % PRIME

    def power(self, run: Evaluation, base: Node, exponent: Node) -> int:
        power: Fraction = evaluate(exponent, RATIONALS, {}, run.steps)
        if power.denominator == 2:
            root = _surd(evaluate(base, RATIONALS, {}, run.steps))
            return pow(root if power > 0 else _inverse(root), abs(power.numerator), PRIME)
        if power.denominator != 1 or abs(power) > 10**9:
            raise NotInField("a power")
        below = run.value(base)
        return pow(below if power > 0 else _inverse(below), abs(power.numerator), PRIME)

    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> int:
        if name == "sqrt":
            return _surd(evaluate(arguments[0], RATIONALS, {}, run.steps))
        return self.number(RATIONALS.call(Evaluation(RATIONALS, {}, run.steps), name, arguments))

    def whole(self, value: int) -> int:
        if value > 10**6:
            raise NotInField("a whole number")
        return value


def same_residues(left: Node, right: Node) -> bool | None:
    """Whether two algebraic expressions are equal; None if one of them is not algebraic.

    A difference of degree d that is not zero vanishes at a random point with a probability of at most
    d / PRIME, so one point is enough for a text that was written without knowing the points. But the points
    are fixed: a text may contain the residue of a symbol at one point as a number, and then agrees with the
    symbol there. The second point rejects it.
    """
    try:
        steps = Steps(20_000)
        return all(
            evaluate(left, Residues(point), {}, steps) == evaluate(right, Residues(point), {}, steps)
            for point in (1, 2)
        )
    except NoResult:
        return None


def constant_ratio(left: Node, right: Node) -> bool | None:
    """Whether ``left`` is a constant multiple of ``right``; None if one of them is not algebraic.

    Two points are needed to see that the ratio is constant, and the third for the reason in ``same_residues``.
    """
    try:
        steps = Steps(20_000)
        ratios = set()
        for point in (1, 2, 3):
            above, below = (evaluate(side, Residues(point), {}, steps) for side in (left, right))
            if above == 0 or below == 0:
                return False
            ratios.add(above * _inverse(below) % PRIME)
        return len(ratios) == 1
    except NoResult:
        return None


def _inverse(value: int) -> int:
    if value % PRIME == 0:
        raise NoValue("a division by zero")
    return pow(value, -1, PRIME)


@lru_cache(maxsize=4096)
def _random(name: str, point: int) -> int:
    return int.from_bytes(digest_of(name, point)[:16], "big") % PRIME


def _surd(value: Fraction) -> int:
    """A square root as the product of the roots of its prime factors, so that sqrt(a) sqrt(b) = sqrt(ab)."""
    if value < 0:
        return _root_of(-1) * _surd(-value) % PRIME
    return _surd_of(value.numerator) * _inverse(_surd_of(value.denominator)) % PRIME


@lru_cache(maxsize=1024)
def _surd_of(value: int) -> int:
    product = 1
    for prime in _SMALL:
        while value and value % prime == 0:
            value //= prime
            product = product * _root_of(prime) % PRIME
    rest = math.isqrt(value)
    if rest * rest != value:
        raise NotInField("the root of a large prime")
    return product * rest % PRIME


@lru_cache(maxsize=64)
def _root_of(value: int) -> int:
    """A square root modulo ``PRIME`` (Tonelli 1891, Shanks 1973)."""
    odd, twos = PRIME - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    other = next(n for n in range(2, 10_000) if pow(n, (PRIME - 1) // 2, PRIME) == PRIME - 1)
    square, factor, root = pow(other, odd, PRIME), pow(value, odd, PRIME), pow(value, (odd + 1) // 2, PRIME)
    while factor != 1:
        power, times = factor, 0
        while power != 1:
            power, times = power * power % PRIME, times + 1
        step = pow(square, 1 << (twos - times - 1), PRIME)
        twos, square = times, step * step % PRIME
        factor, root = factor * square % PRIME, root * step % PRIME
    return root
