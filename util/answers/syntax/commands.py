r"""LaTeX commands: fractions, derivatives, sums, integrals, limits, decorated names, shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from util.answers.syntax import nodes
from util.answers.syntax.lexer import END
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.operands import apply_function, argument, exponent, flat_argument, letter, root
from util.answers.syntax.parser import POSTFIX, PRODUCT, SUM, Parser, Surroundings
from util.answers.syntax.tree import IMAGINARY, INFINITY, ONE, PI, rebuilt, swapped, walk
from util.answers.syntax.vocabulary import FUNCTIONS, GREEK, NAMES_ONLY, SYNONYMS

_DECORATIONS = frozenset(
    ["overline", "overrightarrow", "overleftrightarrow", "vec", "hat", "bar", "tilde", "widehat", "widetilde", "dot",
     "ddot", "underline", "overarc", "wideparen"]
)  # fmt: skip
_SHAPES = frozenset(
    ["triangle", "angle", "measuredangle", "square", "odot", "bigcirc", "bigtriangleup", "parallelogram"]
)
_MAX_ORDER = 4


def command(parser: Parser, name: str, scope: Surroundings) -> Node:
    """The value of a command that has been read.

    Raises:
        Unreadable: an unknown command, or one without its arguments.
    """
    if name in _FORMS:
        return _FORMS[name](parser, scope)
    if name in FUNCTIONS or name in SYNONYMS or name in NAMES_ONLY:
        return apply_function(parser, SYNONYMS.get(name, name), scope)
    if name in GREEK:
        return letter(parser, name.removeprefix("var"), scope)
    if name.startswith("set") and name[3:] in ("R", "Z", "N", "Q", "C"):
        return nodes.NumberSet(name[3:])
    if name.startswith("vector"):
        return nodes.Sym(f"vector {name[6:]}")
    if name in _DECORATIONS:
        inside = flat_argument(parser)
        if name in ("hat", "vec") and inside in ("i", "j", "k", "imath", "jmath"):
            return nodes.Sym(f"vector {inside[0]}")
        return nodes.Sym(f"{'bar' if name == 'overline' and len(inside) == 1 else name} {inside}")
    if name in _SHAPES:
        return _shape(parser, name, scope)
    raise Unreadable(f"the command \\{name}")


def _fraction(parser: Parser, scope: Surroundings) -> Node:
    start = parser.position
    if derivative := _derivative(parser, scope):
        return derivative
    parser.position = start
    return nodes.Div(argument(parser, scope), argument(parser, scope))


def _derivative(parser: Parser, scope: Surroundings) -> Node | None:
    r"""``\frac{d}{dx} f`` or ``\frac{d^2}{dx^2} f`` or ``\frac{dy}{dx}``; None for any other fraction."""
    if scope.integral or parser.peek(1).value not in ("d", "partial"):
        return None
    above, below = _raw_group(parser), _raw_group(parser)
    if not above or not below or above[0] not in ("d", "partial") or below[0] not in ("d", "partial"):
        return None
    order = 1
    if len(above) == 3 and above[1] == "^" and above[2].isdigit():
        order = int(above[2])
    elif len(above) > 1:
        return nodes.Sym(f"d{above[1]}/d{below[1]}") if len(above) == len(below) == 2 else None
    tail = below[1:] if order == 1 else below[1:-2]
    if len(tail) != 1 or not 1 <= order <= _MAX_ORDER or (order > 1 and below[-2:] != ["^", str(order)]):
        return None
    return nodes.Derivative(tail[0], order, parser.expression(PRODUCT, scope)) if parser.starts(scope) else None


def _raw_group(parser: Parser) -> list[str]:
    """The tokens of a braced group as text; [] for anything else."""
    found = list[str]()
    if not parser.eat("{"):
        return found
    while not parser.at("}", "{") and parser.peek() != END:
        found.append(parser.take().value.strip())
    return found if parser.eat("}") else []


def _limits(parser: Parser, scope: Surroundings) -> tuple[Node | None, Node | None]:
    """The expressions below and above a large operator."""
    below = above = None
    while parser.at("_", "^"):
        if parser.take().value == "_":
            below = argument(parser, scope)
        else:
            above = exponent(parser, scope)
    return below, above


def _range(kind: str) -> Callable[[Parser, Surroundings], Node]:
    def read(parser: Parser, scope: Surroundings) -> Node:
        below, above = _limits(parser, scope)
        if (
            not isinstance(below, nodes.Relation)
            or len(below.sides) != 2
            or not isinstance(below.sides[0], (nodes.Sym, nodes.Const))
        ):
            raise Unreadable(f"a {kind} without its range")
        (variable, first), (operator,) = below.sides, below.operators
        if operator == ">=" and above is None:
            operator, above = "=", INFINITY
        if operator != "=" or above is None:
            raise Unreadable(f"a {kind} without its range")
        inside = replace(scope, sums=scope.sums + 1)
        # One name for every variable, so that two sums that differ in its letter are equal.
        index = nodes.Sym(f"#{inside.sums}")
        body = swapped(parser.expression(PRODUCT, inside), variable, index)
        return nodes.Range(kind, index.name, first, above, body)

    return read


def _integral(parser: Parser, scope: Surroundings) -> Node:
    low, high = _limits(parser, scope)
    body = parser.expression(SUM, replace(scope, integral=True))
    found = [item.variable for item in walk(body) if isinstance(item, nodes.Differential)]
    if len(found) != 1 or (low is None) != (high is None):
        raise Unreadable("an integral without its variable")
    return nodes.Integral(
        found[0], low, high, rebuilt(body, lambda item: ONE if isinstance(item, nodes.Differential) else None)
    )


def _limit(parser: Parser, scope: Surroundings) -> Node:
    below, _ = _limits(parser, scope)
    if not isinstance(below, nodes.Relation) or below.operators != ("->",) or not isinstance(below.sides[0], nodes.Sym):
        raise Unreadable("a limit without its target")
    target, side = below.sides[1], 0
    if isinstance(target, nodes.Pow) and isinstance(target.exponent, nodes.Words):
        side = 1 if target.exponent.text.endswith("+") else -1
        target = target.base
    return nodes.Limit(below.sides[0].name, target, side, parser.expression(PRODUCT, scope))


def _shape(parser: Parser, name: str, scope: Surroundings) -> Node:
    if name == "angle" and parser.peek().kind == "n":  # the polar form 5∠30°
        return nodes.Call("cis", (parser.expression(POSTFIX, scope),))
    if parser.peek().kind == "w":
        letters = ""
        while parser.peek().kind == "w" and len(parser.peek().value) == 1 and parser.peek().value.isupper():
            letters += parser.take().value
        return nodes.Sym(f"{name} {letters or parser.take().value}")
    return nodes.Sym(f"{name} {flat_argument(parser)}") if parser.at("{") else nodes.Sym(name)


_FORMS: dict[str, Callable[[Parser, Surroundings], Node]] = {
    "frac": _fraction,
    "binom": lambda parser, scope: nodes.Call("binom", (argument(parser, scope), argument(parser, scope))),
    "sqrt": root,
    "sum": _range("sum"),
    "prod": _range("prod"),
    "int": _integral,
    "smallint": _integral,
    "lim": _limit,
    "infty": lambda parser, scope: INFINITY,
    "infinity": lambda parser, scope: INFINITY,
    "pi": lambda parser, scope: PI,
    "imath": lambda parser, scope: IMAGINARY,
    "jmath": lambda parser, scope: nodes.Sym("j"),
}
