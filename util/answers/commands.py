r"""LaTeX commands: fractions, roots, scripts, sums, integrals, limits, decorated names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from util.answers import brackets, special
from util.answers.nodes import IMAGINARY, INFINITY, ONE, Node, Unreadable, number, swapped
from util.answers.words import CONDITIONS, FUNCTIONS, GREEK, OTHERWISE, SYNONYMS

if TYPE_CHECKING:
    from util.answers.parse import Parser

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


def command(parser: Parser, name: str) -> Node:
    """A command has been read where a value is expected."""
    if name == "frac":
        return fraction(parser)
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
        return special.function(parser, SYNONYMS.get(name, name))
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


def argument(parser: Parser) -> Node:
    """A braced argument, or the single token that LaTeX would take."""
    if parser.eat("{"):
        return brackets.group(parser)
    kind, value = parser.peek()
    if kind == "w" and len(value) > 1 and value not in FUNCTIONS and value != "pi":
        parser.tokens[parser.position : parser.position + 1] = [("w", value[0]), ("w", value[1:])]
    return parser.atom()


def digit_argument(parser: Parser) -> Node:
    r"""Like ``argument``, but ``\frac12`` takes one digit."""
    kind, value = parser.peek()
    if kind == "n" and len(value) > 1 and value.isdigit():
        parser.tokens[parser.position : parser.position + 1] = [("n", value[0]), ("n", value[1:])]
    return argument(parser)


def exponent(parser: Parser) -> Node:
    """What stands behind "^": a group, or a number, letter or command with its sign."""
    parser.enter()
    minus = False
    while parser.at("+", "-"):
        minus ^= parser.take()[1] == "-"
    if parser.peek()[0] == "w" and len(parser.peek()[1]) > 1 and parser.peek()[1] not in FUNCTIONS | GREEK | {"pi"}:
        node = argument(parser)
    else:
        node = parser.atom()
    if parser.eat("^"):
        node = Node("pow", (node, exponent(parser)))
    parser.depth -= 1
    if minus:
        return number(-node.args[0], node.args[1]) if node.op == "num" else Node("neg", (node,))
    return node


def script(parser: Parser) -> Node:
    """What stands behind "_" as a value (the base of a logarithm)."""
    return digit_argument(parser)


def flat_argument(parser: Parser) -> str:
    """What stands behind "_" of a symbol, as plain text."""
    kind, value = parser.take()
    if (kind, value) != ("o", "{"):
        if kind == "w" and len(value) > 1:
            # x_ab is x_a b in LaTeX; in plain text it is one name.
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


def fraction(parser: Parser) -> Node:
    start = parser.position
    if derivative := _derivative(parser):
        return derivative
    parser.position = start
    above = digit_argument(parser)
    return Node("div", (above, digit_argument(parser)))


def root(parser: Parser) -> Node:
    r"""``\sqrt[n]{x}``, ``\sqrt 2``, ``sqrt(2)``."""
    index: Node | None = None
    if parser.eat("["):
        index = parser.additive()
        parser.need("]")
    inside = argument(parser) if not parser.at("(") else parser.atom()
    if index is None or index == number(2):
        return Node("fun", ("sqrt", inside))
    return Node("fun", ("root", inside, index))


def cell(parser: Parser) -> Node:
    """One cell of an environment; a condition may follow a comma or "if"."""
    kind, value = parser.peek()
    word = value.strip().lower().strip(",.: ")
    if kind in ("t", "w") and word in OTHERWISE:
        parser.position += 1
        return ONE
    while parser.condition() or parser.eat(","):
        pass
    if parser.peek()[0] == "t" and parser.peek()[1].strip().lower() in CONDITIONS | OTHERWISE:
        return cell(parser)
    node = parser.clause()
    if (parser.at(",", ";") and parser.peek(1) in (("o", "&"), ("o", "\\\\"))) or (
        parser.at(".") and parser.peek(1)[0] == "end"
    ):
        parser.position += 1
    return node


def _derivative(parser: Parser) -> Node | None:
    r"""``\frac{d}{dx} f`` or ``\frac{d^2}{dx^2} f``; None for another fraction."""
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


def _raw_group(parser: Parser) -> list[str]:
    """The tokens of a braced group as texts, "dx" in two."""
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


def _limits(parser: Parser) -> tuple[Node | None, Node | None]:
    """The statements below and above a large operator."""
    below = above = None
    while parser.at("_", "^"):
        if parser.take()[1] == "_":
            below = argument(parser) if parser.at("{") else digit_argument(parser)
        else:
            above = exponent(parser)
    return below, above


def _summation(parser: Parser, name: str) -> Node:
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
    # The index is called the same everywhere, so that another letter is no other sum.
    index = Node("sym", (f"#{parser.sums}",))
    parser.sums -= 1
    return Node(name, (index.args[0], first, above, swapped(body, variable, index)))


def _integral(parser: Parser) -> Node:
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


def _bare_differential(parser: Parser) -> bool:
    kind, value = parser.peek()
    if kind == "w" and len(value) == 2 and value[0] == "d":
        parser.position += 1
        parser.differential = value[1]
        return True
    return False


def _limit(parser: Parser) -> Node:
    below, _ = _limits(parser)
    if below is None or below.op != "rel" or len(below.args) != 3 or below.args[1] != "->" or below.args[0].op != "sym":
        raise Unreadable("a limit without its target")
    return Node("lim", (below.args[0].args[0], below.args[2], parser.term()))


def _decorated(parser: Parser, name: str) -> Node:
    inside = flat_argument(parser)
    if name == "hat" and inside in ("i", "j", "k", "imath", "jmath"):
        return Node("sym", (f"vector {inside[0]}",))
    if name == "vec" and inside in ("i", "j", "k"):
        return Node("sym", (f"vector {inside}",))
    return Node("sym", (f"{'bar' if name == 'overline' and len(inside) == 1 else name} {inside}",))


def _shape(parser: Parser, name: str) -> Node:
    kind, value = parser.peek()
    if kind == "w":
        parser.position += 1
        return Node("sym", (f"{name} {value}",))
    return Node("sym", (f"{name} {flat_argument(parser)}",)) if parser.at("{") else Node("sym", (name,))
