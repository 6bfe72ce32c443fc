"""Values of LaTeX expressions at given points, by an evaluator that shares nothing with ``util.answers``.

It reads a small part of LaTeX and refuses the rest: an expression that can be read in two ways has no value here, so
that no test relies on a doubtful reading. Values are mpmath numbers of 130 digits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from support import latex_arithmetic as arithmetic
from support.latex_arithmetic import Formula, Point, Refused, Undefined, joined, mp
from support.latex_tokens import APPLIED, FUNCTIONS, GREEK, WORDS, tokens

__all__ = ["Formula", "Refused", "Undefined", "formula", "value"]

DIGITS = 130


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
            total = joined(self.take(), total, self.product())
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
                total = joined({"\\times": "*", "\\cdot": "*", "\\div": "/"}.get(item, item), total, self.factor())
                continue
            if divided or item[0].isdigit() or item[0] == ".":
                raise Refused("a product that can be read in two ways")
            total = joined("*", total, self.factor())
        return total

    def factor(self) -> Formula:
        base = self.base()
        while (item := self.peek()) in ("^", "!", "\\%"):
            self.place += 1
            if item == "!":
                if self.peek() == "!":
                    raise Refused("a double factorial")
                base = arithmetic.factorial(base)
            elif item == "\\%":
                base = joined("/", base, lambda point: 100)
            elif self.degrees():
                base = joined("*", base, lambda point: mp().pi / 180)
            else:
                base = arithmetic.power(base, self.script())
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
        return lambda point: mp().mpf(plain)

    def mixed(self, item: str) -> Formula:
        """A number, with a fraction of two numbers behind it as a mixed number."""
        whole = self.number(item)
        parts = self.items[self.place : self.place + 7]
        if parts[:2] != ["\\frac", "{"] or not (parts[2].isdecimal() and parts[5:6] and parts[5].isdecimal()):
            return whole
        if int(parts[2]) >= int(parts[5]):
            raise Refused("a number before an improper fraction")
        return joined("+", whole, self.base())

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
            return lambda point: mp().e
        if item == "i" and item not in self.bound:
            return lambda point: mp().mpc(0, 1)
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
            return lambda point: mp().pi
        if name in GREEK:
            return self.letter(name)
        if name == "frac":
            return joined("/", self.script(), self.script())
        if name == "sqrt":
            degree = self.group("[", "]") if self.peek() == "[" else (lambda point: 2)
            return arithmetic.root(self.script(), degree)
        if name in ("binom", "dbinom"):
            return arithmetic.binomial(self.script(), self.script())
        if name in ("lfloor", "lceil"):
            inner = self.sum()
            self.take("\\r" + name[1:])
            return lambda point: arithmetic.rounded(name, arithmetic.real(inner(point)))
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
        return lambda point: arithmetic.repeated(name, letter, low(point), high(point), body, point)

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
        return lambda point: arithmetic.integral(lambda x: body({**point, letter: x}), low(point), high(point))

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
        return arithmetic.applied(name, items, base, power)

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
            found = joined("*", found, self.factor())
        if self.peek() in ("/", "(", "*", "\\cdot"):
            raise Refused("an argument without brackets before a product")
        return [found]
