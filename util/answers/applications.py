"""Functions applied to arguments: sin x, log_2 8, f(x), f'(x)."""

from __future__ import annotations

from util.answers.call_arguments import digit_argument, exponent_argument, root
from util.answers.nodes import Node, number
from util.answers.parser_state import ParserState
from util.answers.words import FUNCTIONS, SYNONYMS


def apply_function(parser: ParserState, name: str) -> Node:
    r"""A function call after its name: the power or base, then the argument."""
    power: Node | None = None
    base: Node | None = None
    while parser.at("^", "_"):
        if parser.take()[1] == "^":
            power = exponent_argument(parser)
        else:
            base = digit_argument(parser)
    if power is not None and power == number(-1) and f"arc{name}" in FUNCTIONS:
        name, power = f"arc{name}", None
    if name == "sqrt":
        node = root(parser)
    elif name == "log" and base is not None:
        node = Node("fun", ("log", *_arguments(parser), base))
    else:
        node = Node("fun", (name, *_arguments(parser)))
    return node if power is None else Node("pow", (node, power))


def _arguments(parser: ParserState) -> tuple[Node, ...]:
    """The arguments of a function: those in parentheses, else the product that follows."""
    parser.enter()
    if parser.at("(", "["):
        inside = parser.atom()
        found = inside.args[2] if inside.op == "group" else (inside,)
    elif parser.at("{", "|") or parser.peek()[0] == "begin":
        found = (parser.factor(),)
    else:
        sign = parser.eat("-")
        factors = [parser.factor()]
        while parser.starts() and not _ends_argument(parser):
            factors.append(parser.factor())
        product = factors[0] if len(factors) == 1 else Node("mul", tuple(factors))
        while parser.at("/") and parser.peek(1)[0] == "n":
            parser.position += 1
            product = Node("div", (product, parser.factor()))
        found = (Node("neg", (product,)) if sign else product,)
    parser.depth -= 1
    return found


def _ends_argument(parser: ParserState) -> bool:
    kind, value = parser.peek()
    return kind in ("t", "begin") or value in FUNCTIONS or value in SYNONYMS or (kind == "o" and value in "([|")


def application(parser: ParserState) -> str | None:
    r"""Skip past the opening parenthesis of f(x), f'(x) or f^{-1}(x).

    Returns the mark between the letter and the parenthesis, or None (and skips nothing) if this is not an application.
    """
    marks = {("(",): "", ("'", "("): "'", ("''", "("): "''", ("^", "{", "-", "1", "}", "("): "^-1"}
    for tokens, mark in marks.items():
        if tuple(parser.peek(i)[1] for i in range(len(tokens))) == tokens:
            parser.position += len(tokens)
            return mark
    return None


def defines(parser: ParserState) -> bool:
    """Whether "(x) =" or "(x, y) =" follows: the letter before it is then a function."""
    if not parser.at("("):
        return False
    ahead = 1
    while parser.peek(ahead)[0] in ("w", "n") or parser.peek(ahead) == ("o", ","):
        ahead += 1
    return ahead > 1 and parser.peek(ahead) == ("o", ")") and parser.peek(ahead + 1) == ("o", "=")
