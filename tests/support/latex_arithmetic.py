"""Arithmetic on functions of a point, with mpmath: what ``latex_values`` builds expressions from.

A function raises ``Undefined`` at a point at which it has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Point = Mapping[str, Any]
Formula = Callable[[Point], Any]


class Refused(Exception):
    """The text is outside of what this evaluator reads."""


class Undefined(Exception):
    """The expression has no real or complex value at the point."""


def mp() -> Any:
    import mpmath

    return mpmath.mp


def real(item: Any) -> Any:
    number = mp().mpmathify(item)
    if abs(number.imag) > 1e-30:
        raise Undefined("not real")
    return number.real


def rounded(name: str, number: Any) -> Any:
    nearest = mp().nint(number)
    if abs(number - nearest) < 1e-60:  # a whole number with an error of computation
        return nearest
    return mp().floor(number) if name == "lfloor" else mp().ceil(number)


def whole(item: Any) -> int:
    number = real(item)
    nearest = int(mp().nint(number))
    if abs(number - nearest) > 1e-20 or abs(nearest) > 10**7:
        raise Undefined("not a whole number of a moderate size")
    return nearest


def joined(sign: str, left: Formula, right: Formula) -> Formula:
    if sign == "+":
        return lambda point: left(point) + right(point)
    if sign == "-":
        return lambda point: left(point) - right(point)
    if sign == "*":
        return lambda point: left(point) * right(point)
    if sign == "/":
        return lambda point: mp().mpmathify(left(point)) / right(point)
    return lambda point: modulo(left(point), right(point))


def modulo(left: Any, right: Any) -> int:
    if isinstance(left, int) or abs(left) < 10**40:
        return int(mp().nint(real(left))) % whole(right)
    raise Undefined("too large for a remainder")


def power(base: Formula, exponent: Formula) -> Formula:
    def found(point: Point) -> Any:
        below, above = mp().mpmathify(base(point)), exponent(point)
        if abs(above) > 3000 and abs(below) > 1:
            raise Undefined("too large")
        if below.imag == 0 and below.real < 0 and real(above) != int(real(above)):
            raise Undefined("a root of a negative number")
        return below**above

    return found


def root(base: Formula, degree: Formula) -> Formula:
    def found(point: Point) -> Any:
        inside, order = real(base(point)), whole(degree(point))
        if inside < 0:
            if order % 2 == 0:
                raise Undefined("a root of a negative number")
            return -((-inside) ** (mp().mpf(1) / order))
        return inside ** (mp().mpf(1) / order)

    return found


def factorial(base: Formula) -> Formula:
    def found(point: Point) -> Any:
        number = whole(base(point))
        if not 0 <= number <= 3000:
            raise Undefined("factorial")
        return mp().factorial(number)

    return found


def binomial(above: Formula, below: Formula) -> Formula:
    def found(point: Point) -> Any:
        total, chosen = whole(above(point)), whole(below(point))
        if not 0 <= chosen <= 3000 or total < 0:
            raise Undefined("binomial")
        return mp().binomial(total, chosen)

    return found


def repeated(name: str, letter: str, low: Any, high: Any, body: Formula, point: Point) -> Any:
    first, last = whole(low), whole(high)
    if last - first > 300 or last < first - 1:
        raise Undefined("a range of the index")
    items = [body({**point, letter: mp().mpf(number)}) for number in range(first, last + 1)]
    return mp().fsum(items) if name == "sum" else mp().fprod(items)


def integral(body: Formula, low: Any, high: Any) -> Any:
    import mpmath

    with mpmath.workdps(40):
        return mpmath.quad(body, [low, high])


def applied(name: str, items: list[Formula], base: Formula | None, power: Formula | None) -> Formula:
    if len(items) > 1 and name not in ("max", "min", "gcd", "lcm"):
        raise Refused(f"{name} of several")

    def found(point: Point) -> Any:
        values = [item(point) for item in items]
        result = _function_value(name, values, base(point) if base else None)
        return result if power is None else result ** power(point)

    return found


def _function_value(name: str, values: list[Any], base: Any) -> Any:
    import math

    context = mp()
    if name in ("gcd", "lcm"):
        return context.mpf(getattr(math, name)(*(whole(item) for item in values)))
    if name in ("max", "min"):
        return max(map(real, values)) if name == "max" else min(map(real, values))
    argument = real(values[0])
    if name in ("ln", "log"):
        if argument <= 0:
            raise Undefined("logarithm")
        return context.log(argument) if base is None else context.log(argument) / context.log(base)
    if name in ("arcsin", "arccos") and abs(argument) > 1:
        raise Undefined(name)
    if name == "exp" and abs(argument) > 5000:
        raise Undefined("too large")
    names = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
    return getattr(context, names.get(name, name))(argument)
