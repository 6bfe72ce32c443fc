r"""LaTeX commands: fractions, derivatives, sums, integrals, limits, decorated names, shapes."""

from __future__ import annotations

from util.answers.applications import apply_function
from util.answers.call_arguments import argument, digit_argument, exponent_argument, flat_argument, root
from util.answers.nodes import IMAGINARY, INFINITY, ONE, Node, Unreadable, swapped
from util.answers.parser_state import ParserState
from util.answers.words import FUNCTIONS, GREEK, SYNONYMS

_DECORATIONS = frozenset(
    [
        "overline",
        "overrightarrow",
        "overleftrightarrow",
        "vec",
        "hat",
        "bar",
        "tilde",
        "widehat",
        "widetilde",
        "dot",
        "ddot",
        "underline",
        "overarc",
        "wideparen",
    ]
)

_SETS = {"setR": "R", "setZ": "Z", "setN": "N", "setQ": "Q", "setC": "C"}

_SHAPES = frozenset(
    ["triangle", "angle", "measuredangle", "square", "odot", "bigcirc", "bigtriangleup", "widehat", "parallelogram"]
)


def command(parser: ParserState, name: str) -> Node:
    """The value of a command that has been read."""
    if name == "frac":
        return _fraction(parser)
    if name == "binom":
        return Node("fun", ("binom", digit_argument(parser), digit_argument(parser)))
    if name == "sqrt":
        return root(parser)
    if name in ("infty", "infinity"):
        return INFINITY
    if name == "pi":
        return Node("const", ("pi",))
    if name in ("sum", "prod"):
        return _summation(parser, name)
    if name in ("int", "smallint"):
        return _integral(parser)
    if name == "lim":
        return _limit(parser)
    if name in ("imath", "jmath"):
        return IMAGINARY if name == "imath" else Node("sym", ("j",))
    if name in FUNCTIONS or name in SYNONYMS:
        return apply_function(parser, SYNONYMS.get(name, name))
    if name in GREEK:
        return Node("sym", (name.removeprefix("var"),))
    if name in _SETS:
        return Node("sym", (f"set {_SETS[name]}",))
    if name.startswith("vector"):
        return Node("sym", (f"vector {name[6:]}",))
    if name in _DECORATIONS:
        return _decorated(parser, name)
    if name in _SHAPES:
        return _shape(parser, name)
    if name in ("boxed", "fbox", "color", "mathstrut", "not"):
        raise Unreadable(f"the command \\{name}")
    raise Unreadable(f"the command \\{name}")


def _fraction(parser: ParserState) -> Node:
    start = parser.position
    if derivative := _derivative(parser):
        return derivative
    parser.position = start
    above = digit_argument(parser)
    return Node("div", (above, digit_argument(parser)))


def _derivative(parser: ParserState) -> Node | None:
    r"""``\frac{d}{dx} f`` or ``\frac{d^2}{dx^2} f``; None for any other fraction."""
    above, below = _raw_group(parser), _raw_group(parser)
    if not above or not below or above[0] not in ("d", "partial") or below[0] not in ("d", "partial"):
        return None
    order = 1
    if len(above) == 3 and above[1] == "^" and above[2].isdigit():
        order = int(above[2])
    elif len(above) > 1:
        if len(above) == 2 and len(below) == 2 and len(above[1]) == len(below[1]) == 1:
            return Node("sym", (f"d{above[1]}/d{below[1]}",))
        return None
    tail = below[1:] if order == 1 else below[1:-2]
    if len(tail) != 1 or not 1 <= order <= 4 or (order > 1 and below[-2:] != ["^", str(order)]):
        return None
    if not parser.starts():
        return None
    return Node("deriv", (tail[0], order, parser.term()))


def _raw_group(parser: ParserState) -> list[str]:
    """The tokens of a braced group as text, with "dx" split in two."""
    if not parser.eat("{"):
        return []
    found: list[str] = []
    while not parser.at("}", "{"):
        kind, value = parser.take()
        if kind == "end":
            return []
        split = kind == "w" and len(value) > 1 and value[0] == "d"
        found += ["d", value[1:]] if split else [value.strip()]
    return found if parser.eat("}") else []


def _limits(parser: ParserState) -> tuple[Node | None, Node | None]:
    """The expressions below and above a large operator."""
    below = above = None
    while parser.at("_", "^"):
        if parser.take()[1] == "_":
            below = argument(parser) if parser.at("{") else digit_argument(parser)
        else:
            above = exponent_argument(parser)
    return below, above


def _summation(parser: ParserState, name: str) -> Node:
    below, above = _limits(parser)
    if below is None or below.op != "rel" or len(below.args) != 3 or below.args[0].op not in ("sym", "const"):
        raise Unreadable(f"a {name} without its range")
    variable, operator, first = below.args
    if operator == ">=" and above is None:
        operator, above = "=", INFINITY
    if operator != "=" or above is None:
        raise Unreadable(f"a {name} without its range")
    parser.sums += 1
    body = parser.term()
    # One name for every index, so that two sums that differ in its letter are equal.
    index = Node("sym", (f"#{parser.sums}",))
    parser.sums -= 1
    return Node(name, (index.args[0], first, above, swapped(body, variable, index)))


def _integral(parser: ParserState) -> Node:
    low, high = _limits(parser)
    parser.integrals += 1
    saved, parser.differential = parser.differential, None
    body = parser.additive() if not _bare_differential(parser) else ONE
    variable = parser.differential
    parser.integrals -= 1
    parser.differential = saved
    if variable is None or (low is None) != (high is None):
        raise Unreadable("an integral without its variable")
    return Node("int", (variable, low, high, body))


def _bare_differential(parser: ParserState) -> bool:
    kind, value = parser.peek()
    if kind == "w" and len(value) == 2 and value[0] == "d":
        parser.position += 1
        parser.differential = value[1]
        return True
    return False


def _limit(parser: ParserState) -> Node:
    below, _ = _limits(parser)
    if below is None or below.op != "rel" or len(below.args) != 3 or below.args[1] != "->" or below.args[0].op != "sym":
        raise Unreadable("a limit without its target")
    return Node("lim", (below.args[0].args[0], below.args[2], parser.term()))


def _decorated(parser: ParserState, name: str) -> Node:
    inside = flat_argument(parser)
    if name == "hat" and inside in ("i", "j", "k", "imath", "jmath"):
        return Node("sym", (f"vector {inside[0]}",))
    if name == "vec" and inside in ("i", "j", "k"):
        return Node("sym", (f"vector {inside}",))
    return Node("sym", (f"{'bar' if name == 'overline' and len(inside) == 1 else name} {inside}",))


def _shape(parser: ParserState, name: str) -> Node:
    kind, value = parser.peek()
    if kind == "w":
        parser.position += 1
        return Node("sym", (f"{name} {value}",))
    return Node("sym", (f"{name} {flat_argument(parser)}",)) if parser.at("{") else Node("sym", (name,))
