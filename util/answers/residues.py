"""Equality of algebraic expressions by residues modulo a large prime.

Two polynomials, rational functions or sums of square roots are equal if they agree modulo the prime at
random points (Schwartz 1980, Zippel 1979): integer arithmetic, no rounding. pi and e are treated as
indeterminates; i and the roots of small primes are roots modulo the prime, which is chosen so that they exist.
"""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from functools import lru_cache

from util.answers.exact import NotExact, Steps, rational
from util.answers.nodes import Node, TooHard

_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)

PRIME = 68_867_655_649_911_037_921
"""A prime that is 1 modulo 8 and modulo each odd prime up to 47: -1 and all of these are squares."""


def same_residues(left: Node, right: Node) -> bool | None:
    """Whether two algebraic expressions are equal; None if one of them is not algebraic.

    A difference of degree d that is not zero vanishes at a random point with a probability of at most
    d / PRIME, so one point is enough for a text that was written without knowing the points. But the points
    are fixed: a text may contain the residue of a symbol at one point as a number, and then agrees with the
    symbol there. The second point rejects it.
    """
    try:
        steps = Steps(20_000)
        return all(residue(left, point, steps) == residue(right, point, steps) for point in (1, 2))
    except (NotExact, TooHard, ZeroDivisionError, OverflowError, ValueError):
        return None


def constant_ratio(left: Node, right: Node) -> bool | None:
    """Whether ``left`` is a constant multiple of ``right``; None if one of them is not algebraic.

    Two points are needed to see that the ratio is constant, and the third for the reason in ``same_residues``.
    """
    try:
        steps = Steps(20_000)
        ratios = set()
        for point in (1, 2, 3):
            above, below = residue(left, point, steps), residue(right, point, steps)
            if above == 0 or below == 0:
                return False
            ratios.add(above * pow(below, -1, PRIME) % PRIME)
        return len(ratios) == 1
    except (NotExact, TooHard, ZeroDivisionError, OverflowError, ValueError):
        return None


def residue(node: Node, point: int, steps: Steps) -> int:
    """The value modulo ``PRIME``, each symbol a random residue that depends on ``point``."""
    steps.spend()
    op, args = node
    if op == "num":
        value: Fraction = args[0]
        return value.numerator * pow(value.denominator, -1, PRIME) % PRIME
    if op == "sym" or (op == "const" and args[0] in ("pi", "e")):
        return _random(f"{op} {args[0]}", point)
    if op == "const" and args[0] == "i":
        return _root_of(-1)
    if op == "add":
        return sum(residue(item, point, steps) for item in args) % PRIME
    if op == "mul":
        product = 1
        for item in args:
            product = product * residue(item, point, steps) % PRIME
        return product
    if op == "neg":
        return -residue(args[0], point, steps) % PRIME
    if op == "pct":
        return residue(args[0], point, steps) * pow(100, -1, PRIME) % PRIME
    if op == "div":
        below = residue(args[1], point, steps)
        return residue(args[0], point, steps) * pow(below, -1, PRIME) % PRIME  # ValueError if 0
    if op == "pow":
        exponent = rational(args[1], {}, steps)
        if exponent.denominator == 2:
            return pow(_surd(rational(args[0], {}, steps)), exponent.numerator, PRIME)
        if exponent.denominator != 1 or abs(exponent) > 10**9:
            raise NotExact("a power")
        return pow(residue(args[0], point, steps), exponent.numerator, PRIME)
    if op == "fun" and args[0] == "sqrt":
        return _surd(rational(args[1], {}, steps))
    value = rational(node, {}, steps)
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


@lru_cache(maxsize=4096)
def _random(name: str, point: int) -> int:
    digest = hashlib.sha256(f"{point} {name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:16], "big") % PRIME


def _surd(value: Fraction) -> int:
    """A square root as the product of the roots of its prime factors, so that sqrt(a) sqrt(b) = sqrt(ab)."""
    if value < 0:
        return _root_of(-1) * _surd(-value) % PRIME
    return _surd_of(value.numerator) * pow(_surd_of(value.denominator), -1, PRIME) % PRIME


@lru_cache(maxsize=1024)
def _surd_of(value: int) -> int:
    product = 1
    for prime in _SMALL:
        while value and value % prime == 0:
            value //= prime
            product = product * _root_of(prime) % PRIME
    rest = math.isqrt(value)
    if rest * rest != value:
        raise NotExact("the root of a large prime")
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
