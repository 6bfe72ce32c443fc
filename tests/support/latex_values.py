"""Values of LaTeX expressions at given points, by an evaluator that shares nothing with ``util.answers``.

It reads a small part of LaTeX and refuses the rest: an expression that can be read in two ways has no value here, so
that no test relies on a doubtful reading. Values are mpmath numbers of 130 digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

DIGITS = 130
WORDS = ("times", "cdot", "div", "bmod")
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "theta",
        "lambda",
        "mu",
        "rho",
        "sigma",
        "phi",
        "omega",
        "hbar",
        "tau",
        "epsilon",
        "eta",
        "kappa",
        "nu",
        "xi",
        "psi",
        "Delta",
        "Omega",
    ]
)
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "ln",
        "log",
        "exp",
        "max",
        "min",
        "gcd",
        "lcm",
    ]
)
APPLIED = frozenset("fghFGPQIN")
"""Letters that may stand for a function before a bracket: such an expression is refused."""
TOKEN = re.compile(r"\\[A-Za-z]+|\\[^A-Za-z]|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?|\.\d+|[A-Za-z]|\S")

Point = Mapping[str, Any]
Formula = Callable[[Point], Any]


class Refused(Exception):
    """The text is outside of what this evaluator reads."""


class Undefined(Exception):
    """The expression has no real or complex value at the point."""


def tokens(text: str) -> list[str]:
    r"""The tokens of a text: commands, numbers, letters and signs, without ``\left`` and spacing commands."""
    text = re.sub(r"\\(?:left|right|big|Big|displaystyle)(?![A-Za-z])|\\[,;:! ]|~", " ", text)
    text = re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\frac", text)
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\\\1 ", text)
    text = re.sub(r"\\(?:mathrm|text)\{(?:e)\}", "e", text)
    return TOKEN.findall(text)


@lru_cache(maxsize=50_000)
def formula(text: str) -> tuple[Formula, frozenset[str]]:
    """(value at a point, letters) of an expression.

    Raises:
        Refused: the text is not an expression that this evaluator reads in exactly one way.
    """
    parser = _Parser(tokens(text))
    found = parser.sum()
    if parser.place < len(parser.items):
        raise Refused(f"{parser.items[parser.place]} in {text}")
    return found, frozenset(parser.letters)


def value(found: Formula, point: Point) -> Any:
    """The value at a point.

    Raises:
        Undefined: there is none.
    """
    import mpmath

    try:
        with mpmath.workdps(DIGITS):
            result = +mpmath.mpmathify(found(point))
            if mpmath.isnan(result) or mpmath.isinf(result):
                raise Undefined("not finite")
            return result
    except (ZeroDivisionError, ValueError, OverflowError, TypeError, mpmath.libmp.NoConvergence) as error:
        raise Undefined(str(error)) from error


class _Parser:
    """Recursive descent over the tokens; every method returns a function of the point."""

    def __init__(self, items: list[str]) -> None:
        self.items = items
        self.place = 0
        self.letters: set[str] = set()
        self.bound: list[str] = []
        self.bars = 0

    def peek(self) -> str:
        return self.items[self.place] if self.place < len(self.items) else ""

    def take(self, expected: str = "") -> str:
        item = self.peek()
        if not item or (expected and item != expected):
            raise Refused(f"{expected or 'more'} expected, {item!r} found")
        self.place += 1
        return item

    def sum(self) -> Formula:
        sign = self.take() if self.peek() in ("+", "-") else "+"
        first = self.product()
        total: Formula = (lambda point: -first(point)) if sign == "-" else first
        while self.peek() in ("+", "-"):
            total = _joined(self.take(), total, self.product())
        return total

    def product(self) -> Formula:
        total = self.factor()
        divided = False
        while (item := self.peek()) and item not in ("+", "-", ")", "]", "}", ",", "\\rfloor", "\\rceil"):
            if item == "|" and self.bars:
                break
            if item in ("*", "/") or (item[0] == "\\" and item[1:] in WORDS):
                self.place += 1
                divided = item in ("/", "\\div")
                total = _joined({"\\times": "*", "\\cdot": "*", "\\div": "/"}.get(item, item), total, self.factor())
                continue
            if divided or item[0].isdigit() or item[0] == ".":
                raise Refused("a product that can be read in two ways")
            total = _joined("*", total, self.factor())
        return total

    def factor(self) -> Formula:
        base = self.base()
        while (item := self.peek()) in ("^", "!", "\\%"):
            self.place += 1
            if item == "!":
                if self.peek() == "!":
                    raise Refused("a double factorial")
                base = _factorial(base)
            elif item == "\\%":
                base = _joined("/", base, lambda point: 100)
            elif self.degrees():
                base = _joined("*", base, lambda point: _mp().pi / 180)
            else:
                base = _power(base, self.script())
        return base

    def degrees(self) -> bool:
        for sign in (["\\circ"], ["{", "\\circ", "}"]):
            if self.items[self.place : self.place + len(sign)] == sign:
                self.place += len(sign)
                return True
        return False

    def script(self) -> Formula:
        r"""A group in braces, or one token: a digit, a letter or a command without arguments."""
        if self.peek() == "{":
            return self.group("{", "}")
        item = self.take()
        if len(item) == 1 and item.isalnum():
            return self.number(item) if item.isdigit() else self.letter(item)
        if item.isdigit():  # x^12 is x^1 times 2
            self.items.insert(self.place, item[1:])
            raise Refused("two digits without braces")
        if item in ("\\pi",) or item[1:] in GREEK:
            self.place -= 1
            return self.base()
        raise Refused(f"script {item}")

    def group(self, opened: str, closed: str) -> Formula:
        self.take(opened)
        bars, self.bars = self.bars, 0
        inner = self.sum()
        self.bars = bars
        self.take(closed)
        return inner

    def base(self) -> Formula:
        item = self.peek()
        if item in ("(", "[", "{"):
            return self.group(item, {"(": ")", "[": "]", "{": "}"}[item])
        self.take()
        if item[0].isdigit() or item[0] == ".":
            return self.mixed(item)
        if item.isalpha() and len(item) == 1:
            return self.letter(item)
        if item == "|":
            self.bars += 1
            inner = self.sum()
            self.bars -= 1
            self.take("|")
            return lambda point: abs(inner(point))
        if item[0] != "\\":
            raise Refused(item)
        return self.command(item[1:])

    def number(self, item: str) -> Formula:
        plain = item.replace(",", "")
        return lambda point: _mp().mpf(plain)

    def mixed(self, item: str) -> Formula:
        """A number, with a fraction of two numbers behind it as a mixed number."""
        whole = self.number(item)
        parts = self.items[self.place : self.place + 7]
        if parts[:2] != ["\\frac", "{"] or not (parts[2].isdecimal() and parts[5:6] and parts[5].isdecimal()):
            return whole
        if int(parts[2]) >= int(parts[5]):
            raise Refused("a number before an improper fraction")
        return _joined("+", whole, self.base())

    def letter(self, item: str) -> Formula:
        if self.peek() == "_":
            self.take()
            item = f"{item}_{''.join(self.raw_script())}"
        if self.peek() == "(" and item[0] in APPLIED and self.items[self.place + 1 : self.place + 3] == ["0", ")"]:
            self.place += 3
            item += "(0)"
        elif self.peek() == "(" and item[0] in APPLIED:
            raise Refused(f"{item} may be a function")
        if item == "e":
            return lambda point: _mp().e
        if item == "i" and item not in self.bound:
            return lambda point: _mp().mpc(0, 1)
        if item not in self.bound:
            self.letters.add(item)
        return lambda point: point[item]

    def raw_script(self) -> list[str]:
        if self.peek() != "{":
            return [self.take()]
        self.take("{")
        found = []
        while self.peek() != "}":
            found.append(self.take())
        self.take("}")
        return found

    def command(self, name: str) -> Formula:
        if name == "pi":
            return lambda point: _mp().pi
        if name in GREEK:
            return self.letter(name)
        if name == "frac":
            return _joined("/", self.script(), self.script())
        if name == "sqrt":
            degree = self.group("[", "]") if self.peek() == "[" else (lambda point: 2)
            return _root(self.script(), degree)
        if name in ("binom", "dbinom"):
            return _binomial(self.script(), self.script())
        if name in ("lfloor", "lceil"):
            inner = self.sum()
            self.take("\\r" + name[1:])
            return lambda point: _rounded(name, _real(inner(point)))
        if name in ("sum", "prod"):
            return self.repeated(name)
        if name == "int":
            return self.integral()
        if name in FUNCTIONS:
            return self.function(name)
        raise Refused(name)

    def repeated(self, name: str) -> Formula:
        self.take("_")
        self.take("{")
        letter = self.take()
        self.take("=")
        low = self.sum()
        self.take("}")
        self.take("^")
        high = self.script()
        self.bound.append(letter)
        body = self.product()
        self.bound.pop()
        return lambda point: _repeated(name, letter, low(point), high(point), body, point)

    def integral(self) -> Formula:
        self.take("_")
        low = self.script()
        self.take("^")
        high = self.script()
        if self.items[-2:-1] != ["d"]:
            raise Refused("an integral without d at the end")
        letter = self.items[-1]
        del self.items[-2:]
        self.bound.append(letter)
        body = self.sum()
        self.bound.pop()
        return lambda point: _integral(lambda x: body({**point, letter: x}), low(point), high(point))

    def function(self, name: str) -> Formula:
        power: Formula | None = None
        base: Formula | None = None
        while self.peek() in ("^", "_"):
            if self.take() == "^":
                if self.peek() == "{" and self.items[self.place + 1] == "-":
                    raise Refused("an inverse function")
                power = self.script()
            else:
                base = self.script()
        if name == "log" and base is None:
            base = lambda point: 10  # noqa: E731
        items = self.arguments()
        return _applied(name, items, base, power)

    def arguments(self) -> list[Formula]:
        """Arguments in brackets, or factors up to the next sign, function or bracket."""
        if self.peek() in ("(", "{"):
            closed = {"(": ")", "{": "}"}[self.take()]
            items = [self.sum()]
            while self.peek() == ",":
                self.take()
                items.append(self.sum())
            self.take(closed)
            if self.peek() in ("^", "!"):
                raise Refused("a power behind an argument")
            return items
        found = self.factor()
        while (item := self.peek()) and (
            item[0].isalpha() or item in ("\\pi", "\\frac", "\\sqrt") or item[1:] in GREEK
        ):
            found = _joined("*", found, self.factor())
        if self.peek() in ("/", "(", "*", "\\cdot"):
            raise Refused("an argument without brackets before a product")
        return [found]


def _mp() -> Any:
    import mpmath

    return mpmath.mp


def _real(item: Any) -> Any:
    number = _mp().mpmathify(item)
    if abs(number.imag) > 1e-30:
        raise Undefined("not real")
    return number.real


def _rounded(name: str, number: Any) -> Any:
    nearest = _mp().nint(number)
    if abs(number - nearest) < 1e-60:  # a whole number with an error of computation
        return nearest
    return _mp().floor(number) if name == "lfloor" else _mp().ceil(number)


def _whole(item: Any) -> int:
    number = _real(item)
    nearest = int(_mp().nint(number))
    if abs(number - nearest) > 1e-20 or abs(nearest) > 10**7:
        raise Undefined("not a whole number of a moderate size")
    return nearest


def _joined(sign: str, left: Formula, right: Formula) -> Formula:
    if sign == "+":
        return lambda point: left(point) + right(point)
    if sign == "-":
        return lambda point: left(point) - right(point)
    if sign == "*":
        return lambda point: left(point) * right(point)
    if sign == "/":
        return lambda point: _mp().mpmathify(left(point)) / right(point)
    return lambda point: _modulo(left(point), right(point))


def _modulo(left: Any, right: Any) -> int:
    if isinstance(left, int) or abs(left) < 10**40:
        return int(_mp().nint(_real(left))) % _whole(right)
    raise Undefined("too large for a remainder")


def _power(base: Formula, exponent: Formula) -> Formula:
    def found(point: Point) -> Any:
        below, above = _mp().mpmathify(base(point)), exponent(point)
        if abs(above) > 3000 and abs(below) > 1:
            raise Undefined("too large")
        if below.imag == 0 and below.real < 0 and _real(above) != int(_real(above)):
            raise Undefined("a root of a negative number")
        return below**above

    return found


def _root(base: Formula, degree: Formula) -> Formula:
    def found(point: Point) -> Any:
        inside, order = _real(base(point)), _whole(degree(point))
        if inside < 0:
            if order % 2 == 0:
                raise Undefined("a root of a negative number")
            return -((-inside) ** (_mp().mpf(1) / order))
        return inside ** (_mp().mpf(1) / order)

    return found


def _factorial(base: Formula) -> Formula:
    def found(point: Point) -> Any:
        number = _whole(base(point))
        if not 0 <= number <= 3000:
            raise Undefined("factorial")
        return _mp().factorial(number)

    return found


def _binomial(above: Formula, below: Formula) -> Formula:
    def found(point: Point) -> Any:
        total, chosen = _whole(above(point)), _whole(below(point))
        if not 0 <= chosen <= 3000 or total < 0:
            raise Undefined("binomial")
        return _mp().binomial(total, chosen)

    return found


def _repeated(name: str, letter: str, low: Any, high: Any, body: Formula, point: Point) -> Any:
    first, last = _whole(low), _whole(high)
    if last - first > 300 or last < first - 1:
        raise Undefined("a range of the index")
    items = [body({**point, letter: _mp().mpf(number)}) for number in range(first, last + 1)]
    return _mp().fsum(items) if name == "sum" else _mp().fprod(items)


def _integral(body: Formula, low: Any, high: Any) -> Any:
    import mpmath

    with mpmath.workdps(40):
        return mpmath.quad(body, [low, high])


def _applied(name: str, items: list[Formula], base: Formula | None, power: Formula | None) -> Formula:
    if len(items) > 1 and name not in ("max", "min", "gcd", "lcm"):
        raise Refused(f"{name} of several")

    def found(point: Point) -> Any:
        values = [item(point) for item in items]
        result = _function_value(name, values, base(point) if base else None)
        return result if power is None else result ** power(point)

    return found


def _function_value(name: str, values: list[Any], base: Any) -> Any:
    import math

    mp = _mp()
    if name in ("gcd", "lcm"):
        return mp.mpf(getattr(math, name)(*(_whole(item) for item in values)))
    if name in ("max", "min"):
        return max(map(_real, values)) if name == "max" else min(map(_real, values))
    argument = _real(values[0])
    if name in ("ln", "log"):
        if argument <= 0:
            raise Undefined("logarithm")
        return mp.log(argument) if base is None else mp.log(argument) / mp.log(base)
    if name in ("arcsin", "arccos") and abs(argument) > 1:
        raise Undefined(name)
    if name == "exp" and abs(argument) > 5000:
        raise Undefined("too large")
    names = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
    return getattr(mp, names.get(name, name))(argument)
