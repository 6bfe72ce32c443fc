"""Exact values: fractions for rational constants, residues for everything algebraic.

Two polynomials, rational functions or sums of square roots are equal if they agree modulo a
large prime at random points (Schwartz 1980, Zippel 1979): integer arithmetic, no rounding.
pi and e take part as indeterminates; i and the roots of small primes are roots modulo the prime,
which is chosen so that they exist.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from util.answers.nodes import Node, TooHard

MAX_BITS = 20_000
MAX_TERMS = 2_000
_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
PRIME = 68_867_655_649_911_037_921
"""A prime that is 1 modulo 8 and modulo each odd prime up to 47: -1 and all of these are squares."""


class NotExact(ValueError):
    """The value is not rational, or not algebraic in the sense of this module."""


class Steps:
    """A budget that ends a computation which would take too long."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, cost: int = 1) -> None:
        self.left -= cost
        if self.left < 0:
            raise TooHard("too many steps")


def exact(node: Node) -> Fraction | None:
    """The value of a rational constant, None if it is something else or too large."""
    if node.op == "num":
        value: Fraction = node.args[0]
        return value
    try:
        return rational(node, {}, Steps(20_000))
    except (NotExact, TooHard, ZeroDivisionError, OverflowError):
        return None


def rational(node: Node, known: Mapping[str, Fraction], steps: Steps) -> Fraction:
    """The exact value of ``node`` with the symbols in ``known``.

    Raises:
        NotExact: it is irrational or has other symbols. TooHard, ZeroDivisionError.
    """
    steps.spend()
    op, args = node
    if op == "num":
        return Fraction(args[0])
    if op == "sym":
        if args[0] in known:
            return known[args[0]]
        raise NotExact(args[0])
    if op in ("add", "mul"):
        values = [rational(item, known, steps) for item in args]
        total = values[0]
        for value in values[1:]:
            total = _bounded(total + value if op == "add" else total * value)
        return total
    if op == "neg":
        return -rational(args[0], known, steps)
    if op == "div":
        return _bounded(rational(args[0], known, steps) / rational(args[1], known, steps))
    if op == "pow":
        return _power(rational(args[0], known, steps), rational(args[1], known, steps))
    if op == "pct":
        return rational(args[0], known, steps) / 100
    if op in ("sum", "prod"):
        return _range(node, known, steps)
    if op == "fact" or op == "fun":
        name, items = ("factorial", args) if op == "fact" else (args[0], args[1:])
        if name in _FUNCTIONS:
            values = [rational(item, known, steps) for item in items]
            try:
                return _FUNCTIONS[name](*values)
            except TypeError as error:
                raise NotExact(f"{name} of {len(values)} values") from error
    raise NotExact(op)


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooHard("a number of too many digits")
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        root = _rational_root(base, exponent.denominator)
        if root is None:
            raise NotExact("a root")
        base, exponent = root, Fraction(exponent.numerator)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base not in (0, 1, -1) and bits * abs(exponent.numerator) > MAX_BITS:
        raise TooHard("a power of too many digits")
    if base == 0 and exponent <= 0:
        raise ZeroDivisionError("0 to the power of 0 or less")
    return base ** (exponent.numerator % 2 if base in (1, -1) else exponent.numerator)


def _rational_root(value: Fraction, degree: int) -> Fraction | None:
    if degree > 64 or (value < 0 and degree % 2 == 0):
        return None
    sign, value = (-1 if value < 0 else 1), abs(value)
    parts = [_integer_root(part, degree) for part in (value.numerator, value.denominator)]
    return None if None in parts else Fraction(sign * parts[0], parts[1])  # type: ignore[operator,arg-type]


def _integer_root(value: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(value)
    else:
        low, high = 0, 1 << (value.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
        root = low
    return root if root**degree == value else None


def _range(node: Node, known: Mapping[str, Fraction], steps: Steps) -> Fraction:
    name, first, last, body = node.args
    low, high = rational(first, known, steps), rational(last, known, steps)
    if low.denominator != 1 or high.denominator != 1 or high - low > MAX_TERMS:
        raise TooHard("a range that is too long")
    total = Fraction(0 if node.op == "sum" else 1)
    for index in range(int(low), int(high) + 1):
        value = rational(body, {**known, name: Fraction(index)}, steps)
        total = _bounded(total + value if node.op == "sum" else total * value)
    return total


def _whole(*values: Fraction, limit: int = 10**4000) -> list[int]:
    if any(value.denominator != 1 or abs(value) > limit for value in values):
        raise NotExact("not a whole number, or too large")
    return [int(value) for value in values]


def _factorial(value: Fraction, step: int = 1) -> Fraction:
    (n,) = _whole(value, limit=600)
    if n < 0:
        raise NotExact("factorial of a negative number")
    return Fraction(math.factorial(n) if step == 1 else math.prod(range(n, 0, -2)))


def _binomial(above: Fraction, below: Fraction) -> Fraction:
    n, k = _whole(above, below, limit=2_000)
    if n < 0 or k < 0:
        raise NotExact("binomial of a negative number")
    return Fraction(math.comb(n, k))


def _square_root(value: Fraction, degree: Fraction = Fraction(2)) -> Fraction:
    root = _rational_root(value, int(degree)) if degree.denominator == 1 and degree > 0 else None
    if root is None:
        raise NotExact("a root")
    return root


def _modulo(value: Fraction, modulus: Fraction) -> Fraction:
    a, m = _whole(value, modulus)
    return Fraction(a % m)


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "factorial": _factorial,
    "factorial2": lambda value: _factorial(value, 2),
    "binom": _binomial,
    "sqrt": _square_root,
    "root": _square_root,
    "abs": abs,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "gcd": lambda *values: Fraction(math.gcd(*_whole(*values))),
    "lcm": lambda *values: Fraction(math.lcm(*_whole(*values, limit=10**60))),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "mod": _modulo,
}


# -- residues ------------------------------------------------------------------


def same_residues(left: Node, right: Node) -> bool | None:
    """Whether two algebraic expressions are equal; None where one is not algebraic."""
    try:
        steps = Steps(20_000)
        return all(residue(left, point, steps) == residue(right, point, steps) for point in (1, 2))
    except (NotExact, TooHard, ZeroDivisionError, OverflowError, ValueError):
        return None


def constant_ratio(left: Node, right: Node) -> Fraction | bool | None:
    """Whether ``left`` is a constant multiple of ``right``: False, or True; None if not algebraic."""
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
    """A square root: the product of those of its prime factors, so that roots multiply as they should."""
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
