"""What follows an operand: powers, factorials, signs, subscripts, fractions of mixed numbers, scales, units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.answers.syntax import nodes
from util.answers.syntax.lexer import END, number_value
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.operands import exponent, flat_argument
from util.answers.syntax.parser import POSTFIX, Parser, Surroundings
from util.answers.syntax.tree import has, number
from util.answers.syntax.units import BARE, KNOWN, droppable
from util.answers.syntax.vocabulary import CONDITIONS, FUNCTIONS, NAMES_ONLY, ORDINALS, SCALES, SYNONYMS

ARC = {"'": 60, "''": 3600}
"""Parts of a degree by their sign."""


def _degrees(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if parser.peek().kind in ("w", "t") and parser.peek().value in ("C", "F"):
        return nodes.Quantity(node, f"°{parser.take().value}")
    return nodes.Degrees(node)


def _subscript(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if isinstance(node, nodes.Pow):  # v^2_0 is the square of v_0
        return nodes.Pow(_subscript(parser, node.base, operator, scope), node.exponent)
    text = flat_argument(parser)
    if isinstance(node, nodes.Num):
        digits = str(node.value)
        if text.isdigit() and digits.isdigit():
            return nodes.Based(digits, int(text))
    elif isinstance(node, (nodes.Sym, nodes.Const)):
        return nodes.Sym(f"{node.name}_{text}")
    raise Unreadable("a subscript of something that has none")


def _prime(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if isinstance(node, nodes.Sym):
        return nodes.Sym(node.name + operator)
    if isinstance(node, nodes.Num) and operator in ARC:
        return nodes.Degrees(nodes.Div(node, number(ARC[operator])))
    raise Unreadable("a prime of something that has none")


def _power(parser: Parser, node: Node, operator: str, scope: Surroundings) -> Node:
    if parser.eat("°"):
        return _degrees(parser, node, "°", scope)
    if [parser.peek(i) for i in range(3)] == [("o", "{"), ("o", "°"), ("o", "}")]:
        parser.position += 3
        return _degrees(parser, node, "°", scope)
    if (sign := _bare_sign(parser)) is not None:
        return (
            nodes.Sym(f"{node.name}^{sign}")
            if isinstance(node, nodes.Sym)
            else nodes.Pow(node, nodes.Words(f"from {sign}"))
        )
    power = exponent(parser, scope)
    ordinal = isinstance(power, nodes.Words) and power.text in ORDINALS
    return nodes.Quantity(node, "ordinal") if ordinal else nodes.Pow(node, power)


def _bare_sign(parser: Parser) -> str | None:
    """The sign of "0^+" or "0^{-}", which is skipped; None for an exponent."""
    braced = parser.at("{")
    kind, sign = parser.peek(1 if braced else 0)
    if (kind, sign) not in (("o", "+"), ("o", "-")) or parser.peek(2 if braced else 1) != ("o", "}"):
        return None
    parser.position += 3 if braced else 1
    return sign


POSTFIXES: dict[str, Callable[[Any, Node, str, Surroundings], Node]] = {
    "!": lambda parser, node, operator, scope: nodes.Call("factorial2" if parser.eat("!") else "factorial", (node,)),
    "%": lambda parser, node, operator, scope: nodes.Percent(node),
    "°": _degrees,
    "_": _subscript,
    "^": _power,
    **dict.fromkeys(["'", "''", "'''"], _prime),
}


def mixed_number(parser: Parser, whole: Node, scope: Surroundings) -> Node | None:
    r"""``3\frac{1}{2}`` or "3 1/2", where ``whole`` has just been read; None for anything else.

    Raises:
        Unreadable: two numbers side by side that are no mixed number.
    """
    if not isinstance(whole, nodes.Num) or whole.places is not None or parser.peek(-1).kind != "n":
        return None
    kind, value = parser.peek()
    if kind == "n":
        below = parser.peek(2)
        if parser.peek(1) == ("o", "/") and below.kind == "n" and value.isdigit() and below.value.isdigit():
            parser.position += 3
            if 0 < int(value) < int(below.value):
                return nodes.Add((whole, nodes.Div(number(int(value)), number(int(below.value)))))
        raise Unreadable("two numbers side by side")
    if (kind, value) != ("c", "frac") or not (parser.peek(1).kind == "n" or parser.peek(2).kind == "n"):
        return None
    start = parser.position
    part = parser.expression(POSTFIX, scope)
    match part:
        case nodes.Div(above=nodes.Num(value=top), below=nodes.Num(value=bottom)):
            if not 0 < top < bottom:
                raise Unreadable("a mixed number whose fraction is not below 1")
            return nodes.Add((whole, part))
    parser.position = start
    return None


def ratio(left: Node, right: Node) -> Node:
    """``left : right``, where ``left`` may be a ratio already."""
    return nodes.Ratio((*(left.items if isinstance(left, nodes.Ratio) else (left,)), right))


def scale_ahead(parser: Parser) -> int | None:
    """The factor of a word such as "million" at this place; None for anything else."""
    kind, word = parser.peek()
    return SCALES.get(word.strip().lower()) if kind in ("t", "w") else None


def quantity(parser: Parser, value: Node, unit: str) -> Node:
    """A value whose unit has been read; ``5 ft 3 in`` is one quantity if the second unit is smaller."""
    first, start = nodes.Quantity(value, unit), parser.position
    comma = parser.eat(",")
    if isinstance(value, nodes.Num) and parser.peek().kind == "n":
        second = number(number_value(parser.take().value)[0])
        following = unit_of(parser, second)
        if _smaller(following, unit):
            return nodes.Compound(first, quantity(parser, second, following))
        if not comma:
            raise Unreadable("a number after a unit")
    parser.position = start  # "3 cm, 4 cm" is a list
    return first


def unit_of(parser: Parser, value: Node) -> str:
    """Read the unit of a value as text; "" if there is none."""
    parts: list[str] = []
    while (part := _unit_word(parser, value, parts)) is not None:
        parts.append(part)
        parser.position += 1
        if part == "ordinal":
            break
        if parser.at("^"):
            parts.append(_unit_power(parser))
        if parser.at("/", "*") and (parser.peek(1).kind == "t" or parser.peek(1).value in BARE | {"s", "h", "m"}):
            parts.append(parser.take().value)
            if parser.peek().kind == "w":
                parts.append(parser.take().value)
    return " ".join(parts)


def _unit_word(parser: Parser, value: Node, parts: list[str]) -> str | None:
    """The current token if it belongs to the unit of a value. parts: what of the unit has been read."""
    kind, word = parser.peek()
    word = word.strip()
    if kind == "t":
        function = word in FUNCTIONS or word in NAMES_ONLY or word in SYNONYMS
        bare = not parser.separator() and word.lower() not in CONDITIONS and not function
        return word if bare and droppable(word) else None
    if kind != "w":
        return None
    if word == "in" and (parser.peek(1).kind in ("n", "w", "c", "begin") or parser.peek(1).value in ("(", "[", r"\{")):
        return None
    if word in ORDINALS and isinstance(value, nodes.Num) and not parts:
        return "ordinal"
    if word in BARE and (parts or _counts(value, word)):
        return word
    plain = isinstance(value, nodes.Num) and not parts and len(word) >= 4 and word.islower() and droppable(word)
    return word if plain and parser.peek(1) == END else None  # "10 ways"


def _counts(value: Node, word: str) -> bool:
    """Whether a bare word after a value is its unit. Words such as "hr" can be products as well."""
    if isinstance(value, nodes.Mul):
        value = value.factors[-1]
    if len(word) == 2 and word not in ("cm", "km", "kg"):
        return isinstance(value, nodes.Num)
    return not has(value, nodes.Sym, nodes.Words, nodes.Quantity)


def _unit_power(parser: Parser) -> str:
    parser.need("^")
    braced, sign = parser.eat("{"), "-" if parser.eat("-") else ""
    kind, value = parser.take()
    if kind != "n" or (braced and not parser.eat("}")):
        raise Unreadable("a unit's power")
    return f"^{sign}{value}"


def _smaller(unit: str, other: str) -> bool:
    (scale, dimension), (larger, same) = (KNOWN.get(name.strip(". "), (0, "")) for name in (unit, other))
    return bool(dimension) and dimension == same and scale < larger
