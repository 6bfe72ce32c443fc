"""Functions of real and complex numbers, in either of mpmath's contexts."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from util.answers.evaluation import Evaluation
from util.answers.nodes import Node, TooHard

MAX_ROWS = 8


def _plain(name: str) -> Callable[..., Any]:
    return lambda run, x: getattr(run.context, name)(x)


def _exponential(run: Evaluation, x: Any) -> Any:
    if abs(x) > 13_000 or (run.context.__class__.__name__.startswith("FP") and abs(x) > 600):
        raise TooHard("too large an exponent")
    return run.context.exp(x)


def _hyperbolic(name: str) -> Callable[..., Any]:
    def value(run: Evaluation, x: Any) -> Any:
        _exponential(run, x)
        return getattr(run.context, name)(x)

    return value


def _logarithm(run: Evaluation, x: Any, base: Any = None) -> Any:
    if x == 0 or base in (0, 1):
        raise TooHard("no value: a logarithm")
    value = run.context.log(x)
    return value if base is None else value / run.context.log(base)


def _root(run: Evaluation, x: Any, degree: Any = 2) -> Any:
    if degree == 2:
        return run.context.sqrt(x)
    if degree == 0:
        raise TooHard("no value: a root of degree 0")
    integral = run.context.im(degree) == 0 and degree == int(run.context.re(degree))
    if integral and int(run.context.re(degree)) % 2 and run.context.im(x) == 0 and run.context.re(x) < 0:
        return -run.power(-x, 1 / run.context.mpf(degree))
    return run.power(x, 1 / run.context.mpf(1) / degree)


def _gamma(run: Evaluation, x: Any) -> Any:
    if abs(x) > (150 if run.context.__class__.__name__.startswith("FP") else 1_500):
        raise TooHard("too large a factorial")
    return run.context.gamma(x + 1)


def _binomial(run: Evaluation, n: Any, k: Any) -> Any:
    if abs(n) > 1_000 or abs(k) > 1_000:
        raise TooHard("too large a binomial")
    return run.context.binomial(n, k)


def _real(run: Evaluation, x: Any) -> Any:
    if run.context.im(x) != 0:
        raise TooHard("no value: not real")
    return run.context.re(x)


def _integer(run: Evaluation, x: Any) -> int:
    real = _real(run, x)
    if real != int(real) or abs(real) > 1e15:
        raise TooHard("no value: not an integer")
    return int(real)


def _gcd(run: Evaluation, *values: Any) -> Any:
    import math

    return run.context.mpf(math.gcd(*(_integer(run, value) for value in values)))


def _modulo(run: Evaluation, x: Any, m: Any) -> Any:
    a, b = _integer(run, x), _integer(run, m)
    if b == 0:
        raise TooHard("no value: modulo zero")
    return run.context.mpf(a % b)


def _inverse(name: str) -> Callable[..., Any]:
    def value(run: Evaluation, x: Any) -> Any:
        below = getattr(run.context, name)(x)
        if below == 0:
            raise TooHard("no value: a pole")
        return 1 / below

    return value


def _factorial2(run: Evaluation, x: Any) -> Any:
    n = _integer(run, x)
    if not 0 <= n <= 300:
        raise TooHard("too large a factorial")
    product = run.context.mpf(1)
    for factor in range(n, 0, -2):
        product *= factor
    return product


def applied(run: Evaluation, name: str, arguments: list[Any]) -> Any:
    """An unknown function, such as f(x): a smooth function that depends on the name."""
    total = run.context.mpf(zlib.crc32(name.encode()) % 1000) / 371
    for place, argument in enumerate(arguments, 1):
        if abs(argument) > 1e6:
            raise TooHard("too large an argument")
        total += argument * (place + run.context.mpf(7) / 10)
    return run.context.cos(total) + 2


def determinant(run: Evaluation, node: Node, known: Mapping[str, Any]) -> Any:
    """Determinant of a square matrix of at most 8 rows."""
    rows = node.args
    if node.op != "matrix" or len(rows) != len(rows[0]) or len(rows) > MAX_ROWS:
        raise TooHard("no value: a determinant of something else")
    matrix = [[run.value(cell, known) for cell in row] for row in rows]
    sign = run.context.mpf(1)
    for column in range(len(matrix)):
        best = max(range(column, len(matrix)), key=lambda row: abs(matrix[row][column]))
        if matrix[best][column] == 0:
            return run.context.mpf(0)
        if best != column:
            matrix[best], matrix[column], sign = matrix[column], matrix[best], -sign
        for row in range(column + 1, len(matrix)):
            factor = matrix[row][column] / matrix[column][column]
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[column], strict=True)]
    for index, row_values in enumerate(matrix):
        sign = sign * row_values[index]
    return sign


EVALUATORS: dict[str, Callable[..., Any]] = {
    "sqrt": _root,
    "cbrt": lambda run, x: _root(run, x, 3),
    "root": _root,
    "abs": lambda run, x: abs(x),
    "norm": lambda run, x: abs(x),
    "exp": _exponential,
    "log": _logarithm,
    "ln": _logarithm,
    "lg": lambda run, x: _logarithm(run, x, 10),
    "factorial": _gamma,
    "factorial2": _factorial2,
    "binom": _binomial,
    "floor": lambda run, x: run.context.floor(_real(run, x)),
    "ceil": lambda run, x: run.context.ceil(_real(run, x)),
    "gcd": _gcd,
    "mod": _modulo,
    "max": lambda run, *values: max(_real(run, value) for value in values),
    "min": lambda run, *values: min(_real(run, value) for value in values),
    "Re": lambda run, x: run.context.re(x),
    "Im": lambda run, x: run.context.im(x),
    "arg": lambda run, x: run.context.arg(x),
    "sgn": lambda run, x: run.context.sign(_real(run, x)),
    **{name: _plain(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{f"arc{name}": _plain(f"a{name}") for name in ("sin", "cos", "tan", "sec", "csc", "sinh", "cosh", "tanh")},
    "arccot": lambda run, x: run.context.pi / 2 - run.context.atan(x),
    **{name: _hyperbolic(name) for name in ("sinh", "cosh", "tanh")},
    "coth": _inverse("tanh"),
    "sech": _inverse("cosh"),
    "csch": _inverse("sinh"),
}
