"""Functions applied to arguments: sin x, log_2 8, f(x), f'(x)."""

from __future__ import annotations

from util.answers.syntax.command_arguments import argument, exponent, root
from util.answers.syntax.lexer import END
from util.answers.syntax.nodes import Apply, Call, Div, Group, Node, Pow, Sym
from util.answers.syntax.parser import POSTFIX, Parser
from util.answers.syntax.scope import Surroundings
from util.answers.syntax.tree import negated, number, product
from util.answers.syntax.vocabulary import FUNCTIONS, NAMES_ONLY, SYNONYMS

_APPLIED = frozenset("fgFGPQ")
"""Letters that name functions if parentheses follow."""
_MARKS = {("(",): "", ("'", "("): "'", ("''", "("): "''", ("^", "{", "-", "1", "}", "("): "^-1"}


def apply_function(parser: Parser, name: str, scope: Surroundings) -> Node:
    """A function call after its name: the power or base, then the argument."""
    if name not in FUNCTIONS:
        return Apply(name, _arguments(parser, scope)) if parser.starts(scope) else Sym(name)
    if parser.at("=", ",", ")") or parser.peek() == END:
        return Sym(name)  # the name of a quantity: "max = 5"
    power: Node | None = None
    base: Node | None = None
    while parser.at("^", "_"):
        if parser.take().value == "^":
            power = exponent(parser, scope)
        else:
            base = argument(parser, scope)
    if power is not None and power == number(-1) and f"arc{name}" in FUNCTIONS:
        name, power = f"arc{name}", None
    if name == "sqrt":
        node = root(parser, scope)
    elif name == "log" and base is not None:
        node = Call("log", (*_arguments(parser, scope), base))
    else:
        node = Call(name, _arguments(parser, scope))
    return node if power is None else Pow(node, power)


def _arguments(parser: Parser, scope: Surroundings) -> tuple[Node, ...]:
    """The arguments of a function: those in parentheses, else the product that follows."""
    parser.enter()
    if parser.at("(", "["):
        inside = parser.atom(scope)
        found = inside.items if isinstance(inside, Group) else (inside,)
    elif parser.at("{", "|") or parser.peek().kind == "begin":
        inside = parser.expression(POSTFIX, scope)
        found = inside.items if isinstance(inside, Group) else (inside,)
    else:
        sign = parser.eat("-")
        factors = [parser.expression(POSTFIX, scope)]
        while parser.starts(scope) and not _ends_argument(parser, scope):
            factors.append(parser.expression(POSTFIX, scope))
        whole = product(factors)
        while parser.at("/") and parser.peek(1).kind == "n":
            parser.position += 1
            whole = Div(whole, parser.expression(POSTFIX, scope))
        found = (negated(whole) if sign else whole,)
    parser.depth -= 1
    return found


def _ends_argument(parser: Parser, scope: Surroundings) -> bool:
    kind, value = parser.peek()
    names = value in FUNCTIONS or value in SYNONYMS or value in NAMES_ONLY
    differential = scope.integral and (kind, value) == ("w", "d")
    return kind in ("t", "begin") or names or differential or (kind == "o" and value in "([|")


def application(parser: Parser, letter: str) -> str | None:
    r"""Skip past the opening parenthesis of f(x), f'(x) or f^{-1}(x), whose letter has been read.

    Returns the mark between the letter and the parenthesis, or None (and skips nothing) if this is not an application:
    other letters are functions only of a number, as in I(0), or where they are defined, as in "A(x) =".
    """
    if not (letter in _APPLIED or _of_number(parser) or _defines(parser)):
        return None
    for tokens, mark in _MARKS.items():
        if tuple(parser.peek(i).value for i in range(len(tokens))) == tokens:
            parser.position += len(tokens)
            return mark
    return None


def _of_number(parser: Parser) -> bool:
    return parser.at("(") and parser.peek(1).kind == "n" and parser.peek(2) == ("o", ")")


def _defines(parser: Parser) -> bool:
    """Whether "(x) =" or "(x, y) =" follows."""
    if not parser.at("("):
        return False
    ahead = 1
    while parser.peek(ahead).kind in ("w", "n") or parser.peek(ahead) == ("o", ","):
        ahead += 1
    return ahead > 1 and parser.peek(ahead) == ("o", ")") and parser.peek(ahead + 1) == ("o", "=")
