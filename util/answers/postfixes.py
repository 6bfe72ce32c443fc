"""What follows an atom: powers, factorials, degrees, percent signs, subscripts, primes."""

from __future__ import annotations

from util.answers.call_arguments import exponent_argument, flat_argument
from util.answers.nodes import Node, Unreadable
from util.answers.parser_state import ParserState
from util.answers.words import ORDINALS


def with_postfixes(parser: ParserState, node: Node) -> Node:
    """Powers, factorials, degrees, percent signs and subscripts after an atom."""
    while True:
        if parser.at("!") and parser.peek(1) != ("o", "="):
            parser.position += 1
            node = Node("fun", ("factorial2", node)) if parser.eat("!") else Node("fact", (node,))
        elif parser.eat("%"):
            node = Node("pct", (node,))
        elif parser.eat("°"):
            node = _degrees(parser, node)
        elif parser.at("_") and node.op in ("sym", "num", "const"):
            parser.position += 1
            node = _subscripted(node, flat_argument(parser))
        elif parser.peek()[0] == "o" and parser.peek()[1].startswith("'") and node.op == "sym":
            node = Node("sym", (node.args[0] + parser.take()[1],))
        elif parser.eat("^"):
            node = _power(parser, node)
        else:
            return node


def _subscripted(node: Node, subscript: str) -> Node:
    if node.op == "num":
        digits = str(node.args[0])
        if subscript.isdigit() and digits.isdigit():
            return Node("based", (digits, int(subscript)))
        raise Unreadable("a number with a subscript")
    name = node.args[0]
    return Node("sym", (f"{name}_{subscript}",))


def _degrees(parser: ParserState, node: Node) -> Node:
    if parser.peek() in (("w", "C"), ("w", "F"), ("t", "C"), ("t", "F")):
        return Node("unit", (node, f"°{parser.take()[1]}"))
    return Node("deg", (node,))


def _power(parser: ParserState, node: Node) -> Node:
    if parser.eat("°"):
        return _degrees(parser, node)
    if parser.peek() == ("o", "{") and parser.peek(1) == ("o", "°") and parser.peek(2) == ("o", "}"):
        parser.position += 3
        return _degrees(parser, node)
    for side, name in (("+", "plus"), ("-", "minus")):
        for tokens in ([side], ["{", side, "}"]):
            if [parser.peek(i) for i in range(len(tokens))] == [("o", token) for token in tokens] and (
                len(tokens) == 3 or parser.peek(1) == ("o", "}")
            ):
                parser.position += len(tokens)
                return Node("pow", (node, Node(name)))
    exponent = exponent_argument(parser)
    if exponent.op == "text" and exponent.args[0] in ORDINALS:
        return Node("unit", (node, "ordinal"))
    return Node("pow", (node, exponent))
