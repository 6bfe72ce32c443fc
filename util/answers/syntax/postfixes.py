"""What follows an operand: powers, factorials, degrees, percent signs, subscripts, primes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.answers.syntax.command_arguments import exponent, flat_argument
from util.answers.syntax.nodes import (
    Based,
    Call,
    Const,
    Degrees,
    Div,
    Node,
    Num,
    Percent,
    Pow,
    Quantity,
    Sym,
    Unreadable,
    Words,
)
from util.answers.syntax.parser import Parser
from util.answers.syntax.scope import Surroundings
from util.answers.syntax.tree import number
from util.answers.syntax.vocabulary import ORDINALS

ARC = {"'": 60, "''": 3600}
"""Parts of a degree by their sign."""


def _factorial(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    return Call("factorial2" if parser.eat("!") else "factorial", (node,))


def _percent(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    return Percent(node)


def _degrees(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if parser.peek().kind in ("w", "t") and parser.peek().value in ("C", "F"):
        return Quantity(node, f"°{parser.take().value}")
    return Degrees(node)


def _subscript(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if isinstance(node, Pow):  # v^2_0 is the square of v_0
        return Pow(_subscript(parser, node.base, operator, scope), node.exponent)
    text = flat_argument(parser)
    if isinstance(node, Num):
        digits = str(node.value)
        if text.isdigit() and digits.isdigit():
            return Based(digits, int(text))
    elif isinstance(node, (Sym, Const)):
        return Sym(f"{node.name}_{text}")
    raise Unreadable("a subscript of something that has none")


def _prime(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if isinstance(node, Sym):
        return Sym(node.name + operator)
    if isinstance(node, Num) and operator in ARC:
        return Degrees(Div(node, number(ARC[operator])))
    raise Unreadable("a prime of something that has none")


def _power(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if parser.eat("°"):
        return _degrees(parser, node, "°", scope)
    if [parser.peek(i) for i in range(3)] == [("o", "{"), ("o", "°"), ("o", "}")]:
        parser.position += 3
        return _degrees(parser, node, "°", scope)
    if (sign := _bare_sign(parser)) is not None:
        return Sym(f"{node.name}^{sign}") if isinstance(node, Sym) else Pow(node, Words(f"from {sign}"))
    power = exponent(parser, scope)
    if isinstance(power, Words) and power.text in ORDINALS:
        return Quantity(node, "ordinal")
    return Pow(node, power)


def _bare_sign(parser: Parser) -> str | None:
    """The sign of "0^+" or "0^{-}", which is skipped; None for an exponent."""
    for sign in ("+", "-"):
        if parser.at(sign) and parser.peek(1) == ("o", "}"):
            parser.position += 1
            return sign
        if [parser.peek(i) for i in range(3)] == [("o", "{"), ("o", sign), ("o", "}")]:
            parser.position += 3
            return sign
    return None


POSTFIXES: dict[str, Callable[[Any, Node, str, Surroundings], Node]] = {
    "!": _factorial,
    "%": _percent,
    "°": _degrees,
    "_": _subscript,
    "^": _power,
    **dict.fromkeys(["'", "''", "'''"], _prime),
}
