r"""Arguments of LaTeX commands and scripts: braced groups, single tokens, exponents, subscripts, radicands."""

from __future__ import annotations

from util.answers.brackets import group
from util.answers.nodes import Node, Unreadable, number
from util.answers.parser_state import ParserState
from util.answers.words import FUNCTIONS, GREEK


def argument(parser: ParserState) -> Node:
    """A braced argument, or the single token that LaTeX takes without braces."""
    if parser.eat("{"):
        return group(parser)
    kind, value = parser.peek()
    if kind == "w" and len(value) > 1 and value not in FUNCTIONS and value != "pi":
        parser.tokens[parser.position : parser.position + 1] = [("w", value[0]), ("w", value[1:])]
    return parser.atom()


def digit_argument(parser: ParserState) -> Node:
    r"""Like ``argument``, but ``\frac12`` takes one digit."""
    kind, value = parser.peek()
    if kind == "n" and len(value) > 1 and value.isdigit():
        parser.tokens[parser.position : parser.position + 1] = [("n", value[0]), ("n", value[1:])]
    return argument(parser)


def exponent_argument(parser: ParserState) -> Node:
    """The text after "^": a group, or a number, letter or command with its sign."""
    parser.enter()
    minus = False
    while parser.at("+", "-"):
        minus ^= parser.take()[1] == "-"
    if parser.peek()[0] == "w" and len(parser.peek()[1]) > 1 and parser.peek()[1] not in FUNCTIONS | GREEK | {"pi"}:
        node = argument(parser)
    else:
        node = parser.atom()
    if parser.eat("^"):
        node = Node("pow", (node, exponent_argument(parser)))
    parser.depth -= 1
    if minus:
        return number(-node.args[0], node.args[1]) if node.op == "num" else Node("neg", (node,))
    return node


def flat_argument(parser: ParserState) -> str:
    """The subscript after "_" of a symbol, as plain text."""
    kind, value = parser.take()
    if (kind, value) != ("o", "{"):
        if kind == "w" and len(value) > 1:
            # In LaTeX, x_ab is x_a b; in plain text it is one name.
            return value
        return value
    parts: list[str] = []
    depth = 1
    while depth:
        kind, value = parser.take()
        if kind == "end" and not value:
            raise Unreadable("a subscript that is never closed")
        if (kind, value) == ("o", "{"):
            depth += 1
        elif (kind, value) == ("o", "}"):
            depth -= 1
        else:
            parts.append(value)
    return "".join(parts)


def root(parser: ParserState) -> Node:
    r"""``\sqrt[n]{x}``, ``\sqrt 2``, ``sqrt(2)``."""
    index: Node | None = None
    if parser.eat("["):
        index = parser.additive()
        parser.need("]")
    inside = argument(parser) if not parser.at("(") else parser.atom()
    if index is None or index == number(2):
        return Node("fun", ("sqrt", inside))
    return Node("fun", ("root", inside, index))
