"""Values of several tokens: mixed numbers, ratios, scales such as "million", numbers with units."""

from __future__ import annotations

from util.answers.nodes import Node, Unreadable, has, number
from util.answers.parser_state import ParserState
from util.answers.tokens import number_value
from util.answers.units import BARE, KNOWN, droppable
from util.answers.words import CONDITIONS, FUNCTIONS, ORDINALS

SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "dozen": 12}


def mixed_number(parser: ParserState, whole: Node) -> Node | None:
    r"""``3\frac{1}{2}`` or "3 1/2", where ``whole`` has just been read."""
    if whole.op != "num" or whole.args[1] is not None or parser.tokens[parser.position - 1][0] != "n":
        return None
    kind, value = parser.peek()
    if kind == "n":
        if (
            parser.peek(1) == ("o", "/")
            and parser.peek(2)[0] == "n"
            and value.isdigit()
            and parser.peek(2)[1].isdigit()
        ):
            above, below = int(value), int(parser.peek(2)[1])
            parser.position += 3
            if 0 < above < below:
                return Node("add", (whole, Node("div", (number(above), number(below)))))
        raise Unreadable("two numbers side by side")
    if (kind, value) != ("c", "frac") or not (parser.peek(1)[0] == "n" or parser.peek(2)[0] == "n"):
        return None
    start = parser.position
    part = parser.factor()
    above, below = part.args if part.op == "div" else (None, None)
    if above is not None and above.op == below.op == "num" and 0 < above.args[0] < below.args[0]:
        return Node("add", (whole, part))
    parser.position = start
    return None


def ratio(left: Node, right: Node) -> Node:
    """``left : right``, where ``left`` may be a ratio already."""
    parts = left.args[0] if left.op == "ratio" else (left,)
    return Node("ratio", ((*parts, right),))


def scale_ahead(parser: ParserState) -> Node | None:
    """The factor of a word such as "million", which is skipped; None for anything else."""
    kind, word = parser.peek()
    first, _, rest = word.strip().lower().partition(" ")
    if kind not in ("t", "w") or first not in SCALES:
        return None
    if rest:
        parser.tokens[parser.position] = (kind, rest)
    else:
        parser.position += 1
    return number(SCALES[first])


def unit_ahead(parser: ParserState, value: Node) -> str:
    """Skip the unit after a value and return it as text; "" if there is none."""
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


def _counted(parser: ParserState, value: Node, word: str, parts: list[str]) -> bool:
    """Whether this is a plain word after a plain number, at the end of the text: "10 ways"."""
    ends = parser.peek(1)[0] == "end" and not parser.peek(1)[1]
    return value.op == "num" and not parts and ends and len(word) >= 4 and word.islower() and droppable(word)


def _counts(value: Node, word: str) -> bool:
    """Whether a bare word after a value is its unit. Words such as "hr" can be products as well."""
    return (
        value.op == "num"
        if len(word) == 2 and word not in ("cm", "km", "kg")
        else not has(value, "sym", "text", "unit")
    )


def _value_ahead(parser: ParserState) -> bool:
    return parser.peek(1)[0] in ("n", "w", "c", "begin") or parser.peek(1)[1] in ("(", "[", r"\{")


def _unit_power(parser: ParserState) -> str:
    parser.need("^")
    braced = parser.eat("{")
    sign = "-" if parser.eat("-") else ""
    kind, value = parser.take()
    if kind != "n":
        raise Unreadable("a unit's power")
    if braced:
        parser.need("}")
    return f"^{sign}{value}"


def compound(parser: ParserState, value: Node, unit: str) -> Node:
    """``5 ft 3 in`` or ``5 ft, 3 in`` after its first unit: one quantity only if the second unit is smaller."""
    first, start = Node("unit", (value, unit)), parser.position
    comma = parser.eat(",")
    if value.op == "num" and parser.peek()[0] == "n":
        second = number(number_value(parser.take()[1])[0])
        following = unit_ahead(parser, second)
        if _smaller(following, unit):
            return Node("units", (first, compound(parser, second, following)))
        if not comma:
            raise Unreadable("a number after a unit")
    parser.position = start  # "3 cm, 4 cm" is a list
    return first


def _smaller(unit: str, other: str) -> bool:
    (scale, dimension), (larger, same) = (KNOWN.get(name.strip(". "), (0, "")) for name in (unit, other))
    return bool(dimension) and dimension == same and scale < larger
