"""What the parser knows of names, units, powers, functions and brackets of every kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from util.answers import commands, letters
from util.answers.nodes import INFINITY, Node, Unreadable, number
from util.answers.quantities import ORDINALS
from util.answers.words import FUNCTIONS, NUMBER_WORDS, REFUSED, SYNONYMS

if TYPE_CHECKING:
    from util.answers.parse import Parser

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def leading_name(parser: Parser) -> Node | None:
    """Words before "=", ":" or "is" at the start of a clause: the name of what follows."""
    kind, value = parser.peek()
    if kind != "t" or parser.separator():
        return None
    words = value.strip()
    if any(word in REFUSED for word in re.findall(r"[a-z']+", words.lower())):
        return None
    if words.endswith((":", "=", " is")) or words == "is":
        parser.position += 1
        parser.eat("=", ":")
        return Node("text", (words.rstrip(":= "),))
    ahead = 1
    while parser.peek(ahead)[0] in ("w", "t") or parser.peek(ahead) in (("c", "angle"), ("c", "triangle")):
        ahead += 1
    following = parser.peek(ahead)
    if following in (("o", "="), ("o", ":")) and words not in FUNCTIONS:
        name = " ".join(parser.peek(i)[1] for i in range(ahead))
        parser.position += ahead + 1
        return Node("text", (name,))
    return None


def condition_in_parentheses(parser: Parser, ahead: int = 0) -> bool:
    """Whether the parenthesis at this place holds a relation, as in "(k \\in \\mathbb{Z})"."""
    depth, place = 0, ahead
    while place < ahead + 40:
        kind, value = parser.peek(place)
        if kind == "end" and not value:
            return False
        depth += (value == "(") - (value == ")")
        if depth == 0:
            return False
        if kind == "o" and depth == 1 and value in ("∈", "<", ">", "<=", ">=", "!="):
            return True
        place += 1
    return False


def modulus(parser: Parser, node: Node) -> Node:
    """``\\pmod{7}``, "(mod 7)" or a condition in parentheses, whose bracket is open already."""
    opened = parser.tokens[parser.position - 1] == ("o", "(")
    kind, value = parser.peek()
    if value not in ("pmod", "mod", "bmod") or kind not in ("c", "w", "t"):
        condition = parser.statement() if opened else None
        if condition is None or condition.op != "rel" or not parser.eat(")"):
            raise Unreadable("a remark in parentheses")
        return Node("where", (node, condition))
    parser.position += 1
    modulus_node = parser.additive()
    if opened:
        parser.need(")")
    if node.op == "rel" and node.args[-2] in ("≡", "="):
        left = Node("rel", node.args) if len(node.args) > 3 else node.args[0]
        return Node("cong", (left, node.args[-1], modulus_node))
    return Node("cong", (None, node, modulus_node))


def ratio(left: Node, right: Node) -> Node:
    parts = left.args[0] if left.op == "ratio" else (left,)
    return Node("ratio", ((*parts, right),))


def application(parser: Parser) -> str | None:
    r"""Skip to the parenthesis of f(x), f'(x) or f^{-1}(x); the mark in between, None if it is no application."""
    marks = {("(",): "", ("'", "("): "'", ("''", "("): "''", ("^", "{", "-", "1", "}", "("): "^-1"}
    for tokens, mark in marks.items():
        if tuple(parser.peek(i)[1] for i in range(len(tokens))) == tokens:
            parser.position += len(tokens)
            return mark
    return None


def defines(parser: Parser) -> bool:
    """Whether "(x) =" or "(x, y) =" follows: the letter before is a function, whatever it is called."""
    if not parser.at("("):
        return False
    ahead = 1
    while parser.peek(ahead)[0] in ("w", "n") or parser.peek(ahead) == ("o", ","):
        ahead += 1
    return ahead > 1 and parser.peek(ahead) == ("o", ")") and parser.peek(ahead + 1) == ("o", "=")


def mixed_number(parser: Parser, whole: Node) -> Node | None:
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


def postfixes(parser: Parser, node: Node) -> Node:
    """Powers, factorials, degrees, percent signs and subscripts behind an atom."""
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
            node = _subscripted(node, commands.flat_argument(parser))
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


def _degrees(parser: Parser, node: Node) -> Node:
    if parser.peek() in (("w", "C"), ("w", "F"), ("t", "C"), ("t", "F")):
        return Node("unit", (node, f"°{parser.take()[1]}"))
    return Node("deg", (node,))


def _power(parser: Parser, node: Node) -> Node:
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
    exponent = commands.exponent(parser)
    if exponent.op == "text" and exponent.args[0] in ORDINALS:
        return Node("unit", (node, "ordinal"))
    return Node("pow", (node, exponent))


def text(parser: Parser, words: str) -> Node:
    r"""The content of a ``\text{}`` where a value is expected."""
    content = words.strip()
    name = SYNONYMS.get(content, content)
    if name in FUNCTIONS:
        return function(parser, name)
    if _PLAIN_NUMBER.fullmatch(content):
        return (
            number(*letters.read_number(content.lstrip("+")))
            if content[0] != "-"
            else Node("neg", (number(*letters.read_number(content[1:])),))
        )
    if content.lower() in NUMBER_WORDS:
        return number(NUMBER_WORDS[content.lower()])
    if content in ("e", "i", "d", "\u03c0"):
        return letters.letter(parser, content)
    if len(content) == 1 and content.isalpha():
        return Node("sym", (content,))
    if content.lower() in ("infinity", "positive infinity"):
        return INFINITY
    if not content:
        return parser.factor()
    return Node("text", (" ".join(content.lower().split()),))


def function(parser: Parser, name: str) -> Node:
    r"""A function's name has been read: its power or base, then its argument."""
    power: Node | None = None
    base: Node | None = None
    while parser.at("^", "_"):
        if parser.take()[1] == "^":
            power = commands.exponent(parser)
        else:
            base = commands.script(parser)
    if power is not None and power == number(-1) and f"arc{name}" in FUNCTIONS:
        name, power = f"arc{name}", None
    if name == "sqrt":
        node = commands.root(parser)
    elif name == "log" and base is not None:
        node = Node("fun", ("log", *_arguments(parser), base))
    else:
        node = Node("fun", (name, *_arguments(parser)))
    return node if power is None else Node("pow", (node, power))


def _arguments(parser: Parser) -> tuple[Node, ...]:
    """The argument of a function: what is in parentheses, else the product that follows."""
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


def _ends_argument(parser: Parser) -> bool:
    kind, value = parser.peek()
    return kind in ("t", "begin") or value in FUNCTIONS or value in SYNONYMS or (kind == "o" and value in "([|")
