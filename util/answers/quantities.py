"""Units and words of size behind a number, as the parser meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from util.answers import letters
from util.answers.nodes import Node, Unreadable, has, number
from util.answers.units import BARE, KNOWN, droppable
from util.answers.words import CONDITIONS, FUNCTIONS

if TYPE_CHECKING:
    from util.answers.parse import Parser

ORDINALS = frozenset(["st", "nd", "rd", "th"])
SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "dozen": 12}


def scale_ahead(parser: Parser) -> Node | None:
    """The factor that a word such as "million" stands for, taken; None for anything else."""
    kind, word = parser.peek()
    first, _, rest = word.strip().lower().partition(" ")
    if kind not in ("t", "w") or first not in SCALES:
        return None
    if rest:
        parser.tokens[parser.position] = (kind, rest)
    else:
        parser.position += 1
    return number(SCALES[first])


def unit_ahead(parser: Parser, value: Node) -> str:
    """Take a unit behind a value and return it as text; "" where there is none."""
    start = parser.position
    parts: list[str] = []
    while True:
        kind, word = parser.peek()
        word = word.strip()
        if kind == "t" and not parser.separator() and word.lower() not in CONDITIONS and word not in FUNCTIONS:
            if not droppable(word):
                break
        elif kind == "w" and word in ORDINALS and value.op == "num" and not parts:
            parser.position += 1
            return "ordinal"
        elif not (
            kind == "w" and (_counted(parser, value, word, parts) or (word in BARE and (parts or _counts(value, word))))
        ) or (word == "in" and _value_ahead(parser)):
            break
        parser.position += 1
        parts.append(word)
        if parser.at("^"):
            parts.append(_unit_power(parser))
        if parser.at("/", "*") and (parser.peek(1)[0] == "t" or parser.peek(1)[1] in BARE | {"s", "h", "m"}):
            parts.append(parser.take()[1])
            if parser.peek()[0] == "w":
                parts.append(parser.take()[1])
    if not parts:
        parser.position = start
    return " ".join(parts)


def _counted(parser: Parser, value: Node, word: str, parts: list[str]) -> bool:
    """A plain word behind a plain number, up to the end: "10 ways"."""
    ends = parser.peek(1)[0] == "end" and not parser.peek(1)[1]
    return value.op == "num" and not parts and ends and len(word) >= 4 and word.islower() and droppable(word)


def _counts(value: Node, word: str) -> bool:
    """Whether a bare word behind a value is its unit. "hr" and its like may be products as well."""
    return (
        value.op == "num"
        if len(word) == 2 and word not in ("cm", "km", "kg")
        else not has(value, "sym", "text", "unit")
    )


def _value_ahead(parser: Parser) -> bool:
    return parser.peek(1)[0] in ("n", "w", "c", "begin") or parser.peek(1)[1] in ("(", "[", r"\{")


def _unit_power(parser: Parser) -> str:
    parser.need("^")
    braced = parser.eat("{")
    sign = "-" if parser.eat("-") else ""
    kind, value = parser.take()
    if kind != "n":
        raise Unreadable("a unit's power")
    if braced:
        parser.need("}")
    return f"^{sign}{value}"


def compound(parser: Parser, value: Node, unit: str) -> Node:
    """``5 ft 3 in`` or ``5 ft, 3 in`` after its first unit: one quantity only if the second unit is a smaller one."""
    first, start = Node("unit", (value, unit)), parser.position
    comma = parser.eat(",")
    if value.op == "num" and parser.peek()[0] == "n":
        second = number(letters.read_number(parser.take()[1])[0])
        following = unit_ahead(parser, second)
        if _smaller(following, unit):
            return Node("units", (first, compound(parser, second, following)))
        if not comma:
            raise Unreadable("a number behind a unit")
    parser.position = start  # "3 cm, 4 cm" is a list
    return first


def _smaller(unit: str, other: str) -> bool:
    (scale, dimension), (larger, same) = (KNOWN.get(name.strip(". "), (0, "")) for name in (unit, other))
    return bool(dimension) and dimension == same and scale < larger
