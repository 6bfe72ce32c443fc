"""Exact values of rational constants, as fractions of bounded size."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from util.answers.nodes import Node, TooHard

MAX_BITS = 20_000
MAX_TERMS = 2_000


class NotExact(ValueError):
    """The value is not rational, or not algebraic in the sense of residues.py."""


class Steps:
    """A budget of steps; ``spend`` raises TooHard when it is used up."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, cost: int = 1) -> None:
        self.left -= cost
        if self.left < 0:
            raise TooHard("too many steps")


def exact(node: Node) -> Fraction | None:
    """The value of a rational constant, or None if ``node`` is something else or too large."""
    if node.op == "num":
        value: Fraction = node.args[0]
        return value
    try:
        return rational(node, {}, Steps(20_000))
    except (NotExact, TooHard, ZeroDivisionError, OverflowError):
        return None


def rational(node: Node, known: Mapping[str, Fraction], steps: Steps) -> Fraction:
    """The exact value of ``node``, with the symbols in ``known``.

    Raises:
        NotExact: the value is irrational, or has other symbols.
        TooHard: the value or the computation is too large.
        ZeroDivisionError: a division by zero.
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


def _integers(*values: Fraction, limit: int = 10**4000) -> list[int]:
    if any(value.denominator != 1 or abs(value) > limit for value in values):
        raise NotExact("not a whole number, or too large")
    return [int(value) for value in values]


def _factorial(value: Fraction, step: int = 1) -> Fraction:
    (n,) = _integers(value, limit=600)
    if n < 0:
        raise NotExact("factorial of a negative number")
    return Fraction(math.factorial(n) if step == 1 else math.prod(range(n, 0, -2)))


def _binomial(above: Fraction, below: Fraction) -> Fraction:
    n, k = _integers(above, below, limit=2_000)
    if n < 0 or k < 0:
        raise NotExact("binomial of a negative number")
    return Fraction(math.comb(n, k))


def _square_root(value: Fraction, degree: Fraction = Fraction(2)) -> Fraction:
    root = _rational_root(value, int(degree)) if degree.denominator == 1 and degree > 0 else None
    if root is None:
        raise NotExact("a root")
    return root


def _modulo(value: Fraction, modulus: Fraction) -> Fraction:
    a, m = _integers(value, modulus)
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
    "gcd": lambda *values: Fraction(math.gcd(*_integers(*values))),
    "lcm": lambda *values: Fraction(math.lcm(*_integers(*values, limit=10**60))),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "mod": _modulo,
}
