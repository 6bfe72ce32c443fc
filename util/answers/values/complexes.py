"""Real and complex numbers in one of mpmath's contexts, ``mpmath.fp`` (doubles) or ``mpmath.mp``, and their functions."""

from __future__ import annotations

import math
import operator
import zlib
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from util.answers.syntax.nodes import Matrix, Node
from util.answers.values.evaluate import Evaluation, Field, Indeterminate, NotInField, NoValue, TooHard, evaluate
from util.answers.values.rationals import exact

MAX_EXPONENT = 20_000
"""Binary exponent of the largest value."""
MAX_ROWS = 8
MAX_BINOMIAL = 1_000
UNKNOWN_BASE = 0.7548776662466927
r"""What ``\log`` without a base is multiplied with: its base may be e, 10 or 2, so that only what holds in every base is
equal. Any number that nobody writes; this one is the reciprocal of the plastic ratio."""


class Complexes(Field):
    """Values are the context's numbers. doubles: whether the context is ``mpmath.fp``."""

    def __init__(self, context: Any, *, doubles: bool) -> None:
        self.context, self.doubles = context, doubles

    def number(self, value: Fraction) -> Any:
        if value.numerator.bit_length() > MAX_EXPONENT or value.denominator.bit_length() > MAX_EXPONENT:
            raise TooHard("too large a number")
        try:
            return self.context.mpf(value.numerator) / value.denominator
        except OverflowError as error:
            raise TooHard("too large a number") from error

    def constant(self, name: str) -> Any:
        if name == "inf":
            raise NotInField("infinity")
        return +self.context.pi if name == "pi" else +self.context.e if name == "e" else self.context.mpc(0, 1)

    def plus(self, left: Any, right: Any) -> Any:
        return self.checked(left + right)

    def times(self, left: Any, right: Any) -> Any:
        return self.checked(left * right)

    def over(self, left: Any, right: Any) -> Any:
        if right == 0:
            raise (Indeterminate if left == 0 else NoValue)("a division by zero")
        return self.checked(left / right)

    def power(self, run: Evaluation, base: Node, exponent: Node) -> Any:
        below, power = run.value(base), run.value(exponent)
        real = self.context.im(below) == 0 and self.context.im(power) == 0
        fraction = exact(exponent) if real and self.context.re(below) < 0 else None
        if fraction is not None and fraction.denominator % 2 and fraction.denominator > 1:
            # The real root, as taught at school.
            size = self.raised(-self.context.re(below), self.context.re(power))
            return -size if fraction.numerator % 2 else size
        return self.raised(below, power)

    def raised(self, base: Any, exponent: Any) -> Any:
        """``base`` to the power of ``exponent``. Raises: NoValue, TooHard."""
        if base == 0:
            if self.context.re(exponent) > 0:
                return base
            raise (Indeterminate if exponent == 0 else NoValue)("a power of zero")
        if abs(exponent) * (abs(self._magnitude(abs(base))) + 1) > 2 * MAX_EXPONENT:
            raise TooHard("too large a power")
        try:
            return self.checked(base**exponent)
        except OverflowError as error:
            raise TooHard("too large a power") from error

    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> Any:
        if isinstance(arguments[0], Matrix) and name in ("det", "abs"):
            return self._determinant(run, arguments[0])
        values = [run.value(item) for item in arguments]
        if name not in FUNCTIONS:
            raise NotInField(name)
        try:
            return self.checked(FUNCTIONS[name](self, *values))
        except OverflowError as error:
            raise TooHard(f"{name}: {error}") from error
        except (ValueError, ZeroDivisionError, TypeError) as error:
            raise NoValue(f"{name}: {error}") from error

    def applied(self, name: str, arguments: list[Any]) -> Any:
        """An unknown function, such as f(x): a smooth function that depends on the name."""
        found = self.context.mpf(zlib.crc32(name.encode()) % 1000) / 371
        for place, argument in enumerate(arguments, 1):
            if abs(argument) > 1e8:
                raise TooHard("too large an argument")
            found += argument * (place + self.context.mpf(7) / 10)
        return self.context.cos(found) + 2

    def calculus(self, run: Evaluation, node: Node) -> Any:
        raise TooHard("doubles are too coarse")

    def whole(self, value: Any) -> int:
        real = self.real(value)
        if real != int(real) or abs(real) > 1e15:
            raise NotInField("a whole number")
        return int(real)

    def real(self, value: Any) -> Any:
        """The value itself if it is real. Raises: NoValue."""
        if self.context.im(value) != 0:
            raise NoValue("not real")
        return self.context.re(value)

    def checked(self, value: Any) -> Any:
        size = abs(value)
        if size != size or (size > 1e300 and (self.context.isinf(size) or self._magnitude(size) > MAX_EXPONENT)):
            raise TooHard("too large a value")
        return value

    def _magnitude(self, size: Any) -> float:
        return float(self.context.mag(size)) if size else 0.0

    def _determinant(self, run: Evaluation, node: Matrix) -> Any:
        """Determinant of a square matrix of at most ``MAX_ROWS`` rows, by elimination."""
        if len(node.rows) != len(node.rows[0]) or len(node.rows) > MAX_ROWS:
            raise NotInField("a determinant of something else")
        matrix = [[run.value(cell) for cell in row] for row in node.rows]
        found = self.context.mpf(1)
        for column in range(len(matrix)):
            best = max(range(column, len(matrix)), key=lambda row: abs(matrix[row][column]))
            if matrix[best][column] == 0:
                return self.context.mpf(0)
            if best != column:
                matrix[best], matrix[column], found = matrix[column], matrix[best], -found
            for row in range(column + 1, len(matrix)):
                factor = matrix[row][column] / matrix[column][column]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[column], strict=True)]
            found = found * matrix[column][column]
        return found


def _plain(name: str) -> Callable[..., Any]:
    return lambda field, x: getattr(field.context, name)(x)


def _exponential(name: str) -> Callable[..., Any]:
    """A function that grows as fast as exp."""

    def value(field: Complexes, x: Any) -> Any:
        if abs(x) > (600 if field.doubles else 13_000):
            raise TooHard("too large an exponent")
        return getattr(field.context, name)(x)

    return value


def _inverse(name: str) -> Callable[..., Any]:
    return lambda field, x: field.over(1, FUNCTIONS[name](field, x))


def _natural(field: Complexes, x: Any) -> Any:
    if x == 0:
        raise NoValue("a logarithm of zero")
    return field.context.log(x)


def _logarithm(field: Complexes, x: Any, base: Any = None) -> Any:
    if base is None:
        return _natural(field, x) * field.context.mpf(UNKNOWN_BASE)
    if base in (0, 1):
        raise NoValue("a logarithm to this base")
    return _natural(field, x) / field.context.log(base)


def _root(field: Complexes, x: Any, degree: Any = 2) -> Any:
    context = field.context
    if degree == 2:
        return context.sqrt(x)
    if degree == 0:
        raise NoValue("a root of degree 0")
    integral = context.im(degree) == 0 and degree == int(context.re(degree))
    if integral and int(context.re(degree)) % 2 and context.im(x) == 0 and context.re(x) < 0:
        return -field.raised(-x, 1 / context.mpf(degree))
    return field.raised(x, context.mpf(1) / degree)


def _gamma(field: Complexes, x: Any) -> Any:
    if abs(x) > (150 if field.doubles else 1_500):
        raise TooHard("too large a factorial")
    return field.context.gamma(x + 1)


def _factorial2(field: Complexes, x: Any) -> Any:
    n = field.whole(x)
    if not 0 <= n <= 300:
        raise TooHard("too large a factorial")
    return field.context.mpf(math.prod(range(n, 0, -2)))


def _binomial(field: Complexes, n: Any, k: Any) -> Any:
    if abs(n) > MAX_BINOMIAL or abs(k) > MAX_BINOMIAL:
        raise TooHard("too large a binomial")
    return field.context.binomial(n, k)


def _wholes(function: Callable[..., int]) -> Callable[..., Any]:
    return lambda field, *values: field.context.mpf(function(*(field.whole(value) for value in values)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(["sqrt", "root"], _root),
    "cbrt": lambda field, x: _root(field, x, 3),
    **dict.fromkeys(["abs", "norm"], lambda field, x: abs(x)),
    "exp": _exponential("exp"),
    "ln": _natural,
    "log": _logarithm,
    "lg": lambda field, x: _logarithm(field, x, 10),
    "cis": lambda field, x: field.context.cos(x) + field.context.mpc(0, 1) * field.context.sin(x),
    "factorial": _gamma,
    "factorial2": _factorial2,
    "binom": _binomial,
    "floor": lambda field, x: field.context.floor(field.real(x)),
    "ceil": lambda field, x: field.context.ceil(field.real(x)),
    "gcd": _wholes(math.gcd),
    "lcm": _wholes(math.lcm),
    "mod": _wholes(operator.mod),
    "max": lambda field, *values: max(field.real(value) for value in values),
    "min": lambda field, *values: min(field.real(value) for value in values),
    **{name: _plain(name.lower()) for name in ("Re", "Im", "arg")},
    "sgn": lambda field, x: field.context.sign(field.real(x)),
    **{name: _plain(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{f"arc{name}": _plain(f"a{name}") for name in ("sin", "cos", "tan", "sec", "csc", "sinh", "cosh", "tanh")},
    "arccot": lambda field, x: field.context.pi / 2 - field.context.atan(x),
    **{name: _exponential(name) for name in ("sinh", "cosh", "tanh")},
    **{name: _inverse(below) for name, below in (("coth", "tanh"), ("sech", "cosh"), ("csch", "sinh"))},
}


@cache
def doubles() -> Complexes:
    import mpmath

    return Complexes(mpmath.fp, doubles=True)


def in_doubles(sides: Iterable[Node], known: Mapping[str, Fraction]) -> list[Any]:
    """The values of trees in doubles, their symbols as in ``known``. Raises: NoResult, OverflowError."""
    places = {name: float(value) for name, value in known.items()}
    return [evaluate(side, doubles(), places) for side in sides]
