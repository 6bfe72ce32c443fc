"""Real and complex numbers in one of mpmath's contexts: ``mpmath.fp`` (doubles) or ``mpmath.mp`` (any precision)."""

from __future__ import annotations

import zlib
from fractions import Fraction
from typing import Any

from util.answers.syntax.nodes import Matrix, Node
from util.answers.values.calculus import calculus_value
from util.answers.values.elementary import FUNCTIONS
from util.answers.values.evaluate import Evaluation, Field, Indeterminate, NotInField, NoValue, TooHard
from util.answers.values.rationals import exact

MAX_EXPONENT = 20_000
"""Binary exponent of the largest value."""
MAX_ROWS = 8
MAX_CALCULUS = 3
"""Greatest nesting of integrals, limits and derivatives: the precision grows with each level."""


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
        return self._checked(left + right)

    def times(self, left: Any, right: Any) -> Any:
        return self._checked(left * right)

    def over(self, left: Any, right: Any) -> Any:
        if right == 0:
            raise (Indeterminate if left == 0 else NoValue)("a division by zero")
        return self._checked(left / right)

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
        """``base`` to the power of ``exponent``."""
        if base == 0:
            if self.context.re(exponent) > 0:
                return base
            raise (Indeterminate if exponent == 0 else NoValue)("a power of zero")
        if abs(exponent) * (abs(self._magnitude(abs(base))) + 1) > 2 * MAX_EXPONENT:
            raise TooHard("too large a power")
        try:
            return self._checked(base**exponent)
        except OverflowError as error:
            raise TooHard("too large a power") from error

    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> Any:
        if isinstance(arguments[0], Matrix) and name in ("det", "abs"):
            return self._determinant(run, arguments[0])
        values = [run.value(item) for item in arguments]
        if name not in FUNCTIONS:
            raise NotInField(name)
        try:
            return self._checked(FUNCTIONS[name](self, *values))
        except (ValueError, ZeroDivisionError, OverflowError, TypeError) as error:
            if isinstance(error, NotInField):
                raise
            if isinstance(error, OverflowError):
                raise TooHard(f"{name}: {error}") from error
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
        if self.doubles:
            raise TooHard("doubles are too coarse")
        if run.calculus >= MAX_CALCULUS:
            raise TooHard("too many integrals, limits or derivatives inside each other")
        run.calculus += 1
        found = calculus_value(run, self, node)
        run.calculus -= 1
        return self._checked(found)

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

    def _checked(self, value: Any) -> Any:
        size = abs(value)
        if size != size or (size > 1e300 and (self.context.isinf(size) or self._magnitude(size) > MAX_EXPONENT)):
            raise TooHard("too large a value")
        return value

    def _magnitude(self, size: Any) -> float:
        """Binary exponent of a value."""
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
