r"""Arguments of commands and scripts: braced groups, single tokens, exponents, subscripts, radicands."""

from __future__ import annotations

from util.answers.syntax.brackets import group
from util.answers.syntax.lexer import END
from util.answers.syntax.nodes import Call, Node, Pow, Unreadable
from util.answers.syntax.parser import SUM, Parser
from util.answers.syntax.scope import Surroundings
from util.answers.syntax.tree import negated, number


def argument(parser: Parser, scope: Surroundings) -> Node:
    """A braced argument, or the single token that LaTeX takes without braces."""
    return group(parser, scope) if parser.eat("{") else parser.atom(scope)


def exponent(parser: Parser, scope: Surroundings) -> Node:
    """The text after "^": a group, or a number, letter or command with its sign."""
    parser.enter()
    minus = False
    while parser.at("+", "-"):
        minus ^= parser.take().value == "-"
    node = parser.atom(scope)
    if parser.eat("^"):
        node = Pow(node, exponent(parser, scope))
    parser.depth -= 1
    return negated(node) if minus else node


def flat_argument(parser: Parser) -> str:
    """The subscript after "_" of a symbol, as plain text."""
    token = parser.take()
    if token != ("o", "{"):
        return token.value
    parts: list[str] = []
    depth = 1
    while depth:
        token = parser.take()
        if token == END:
            raise Unreadable("a subscript that is never closed")
        if token.kind == "o" and token.value in ("{", "}"):
            depth += 1 if token.value == "{" else -1
        else:
            parts.append(token.value)
    return "".join(parts)


def root(parser: Parser, scope: Surroundings) -> Node:
    r"""``\sqrt[n]{x}``, ``\sqrt 2``, ``sqrt(2)``; its name has been read."""
    index: Node | None = None
    if parser.eat("["):
        index = parser.expression(SUM, scope)
        parser.need("]")
    inside = argument(parser, scope) if not parser.at("(") else parser.atom(scope)
    if index is None or index == number(2):
        return Call("sqrt", (inside,))
    return Call("root", (inside, index))
