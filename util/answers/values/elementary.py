"""Functions of real and complex numbers. Each takes the field first; its context does the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from util.answers.values.arithmetic import Arithmetic
from util.answers.values.evaluate import NoValue, TooHard

MAX_BINOMIAL = 1_000
UNKNOWN_BASE = 0.7548776662466927
r"""What ``\log`` without a base is multiplied with: its base may be e, 10 or 2, so that only what holds in every base is
equal. Any number that nobody writes; this one is the reciprocal of the plastic ratio."""


def _plain(name: str) -> Callable[..., Any]:
    return lambda field, x: getattr(field.context, name)(x)


def _exponential(field: Arithmetic, x: Any) -> Any:
    if abs(x) > (600 if field.doubles else 13_000):
        raise TooHard("too large an exponent")
    return field.context.exp(x)


def _hyperbolic(name: str) -> Callable[..., Any]:
    def value(field: Arithmetic, x: Any) -> Any:
        _exponential(field, x)
        return getattr(field.context, name)(x)

    return value


def _natural(field: Arithmetic, x: Any) -> Any:
    if x == 0:
        raise NoValue("a logarithm of zero")
    return field.context.log(x)


def _logarithm(field: Arithmetic, x: Any, base: Any = None) -> Any:
    if base is None:
        return _natural(field, x) * field.context.mpf(UNKNOWN_BASE)
    if base in (0, 1):
        raise NoValue("a logarithm to this base")
    return _natural(field, x) / field.context.log(base)


def _root(field: Arithmetic, x: Any, degree: Any = 2) -> Any:
    context = field.context
    if degree == 2:
        return context.sqrt(x)
    if degree == 0:
        raise NoValue("a root of degree 0")
    integral = context.im(degree) == 0 and degree == int(context.re(degree))
    if integral and int(context.re(degree)) % 2 and context.im(x) == 0 and context.re(x) < 0:
        return -field.raised(-x, 1 / context.mpf(degree))
    return field.raised(x, context.mpf(1) / degree)


def _gamma(field: Arithmetic, x: Any) -> Any:
    if abs(x) > (150 if field.doubles else 1_500):
        raise TooHard("too large a factorial")
    return field.context.gamma(x + 1)


def _factorial2(field: Arithmetic, x: Any) -> Any:
    n = field.whole(x)
    if not 0 <= n <= 300:
        raise TooHard("too large a factorial")
    return field.context.mpf(math.prod(range(n, 0, -2)))


def _binomial(field: Arithmetic, n: Any, k: Any) -> Any:
    if abs(n) > MAX_BINOMIAL or abs(k) > MAX_BINOMIAL:
        raise TooHard("too large a binomial")
    return field.context.binomial(n, k)


def _wholes(function: Callable[..., int]) -> Callable[..., Any]:
    return lambda field, *values: field.context.mpf(function(*(field.whole(value) for value in values)))


def _modulo(field: Arithmetic, x: Any, m: Any) -> Any:
    below = field.whole(m)
    if below == 0:
        raise NoValue("modulo zero")
    return field.context.mpf(field.whole(x) % below)


def _inverse(name: str) -> Callable[..., Any]:
    def value(field: Arithmetic, x: Any) -> Any:
        below = FUNCTIONS[name](field, x)
        if below == 0:
            raise NoValue("a pole")
        return 1 / below

    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": _root,
    "cbrt": lambda field, x: _root(field, x, 3),
    "root": _root,
    "abs": lambda field, x: abs(x),
    "norm": lambda field, x: abs(x),
    "exp": _exponential,
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
    "mod": _modulo,
    "max": lambda field, *values: max(field.real(value) for value in values),
    "min": lambda field, *values: min(field.real(value) for value in values),
    "Re": lambda field, x: field.context.re(x),
    "Im": lambda field, x: field.context.im(x),
    "arg": lambda field, x: field.context.arg(x),
    "sgn": lambda field, x: field.context.sign(field.real(x)),
    **{name: _plain(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{f"arc{name}": _plain(f"a{name}") for name in ("sin", "cos", "tan", "sec", "csc", "sinh", "cosh", "tanh")},
    "arccot": lambda field, x: field.context.pi / 2 - field.context.atan(x),
    **{name: _hyperbolic(name) for name in ("sinh", "cosh", "tanh")},
    "coth": _inverse("tanh"),
    "sech": _inverse("cosh"),
    "csch": _inverse("sinh"),
}
