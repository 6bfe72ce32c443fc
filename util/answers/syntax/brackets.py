"""Brackets of every kind, and what stands around a clause: a name before it, a modulus or condition after it."""

from __future__ import annotations

import re

from util.answers.syntax import nodes
from util.answers.syntax.lexer import END
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.parser import SUM, Parser, Surroundings
from util.answers.syntax.vocabulary import ALIGNED, CONDITIONS, FUNCTIONS, OTHERWISE, REFUSED

MATRICES = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "array", "smallmatrix", "psmallmatrix", "bsmallmatrix")
_CLOSING = {"(": ")", "[": "]", "⟨": "⟩"}
_BARS = {"|": ("abs", "|"), "‖": ("norm", "‖"), "⌊": ("floor", "⌋"), "⌈": ("ceil", "⌉")}


def bracketed(parser: Parser, left: str, scope: Surroundings) -> Node:
    """A value in parentheses, a tuple, or an interval; its opening bracket has been read."""
    content = parser.statement(scope.bracketed())
    kind, right = parser.take()
    if kind != "o" or right not in (")", "]", "⟩", "["):
        raise Unreadable(f"{left!r} is never closed")
    if isinstance(content, nodes.Listing) and content.word == "":
        # In "]1, 2[" the bracket that faces outwards excludes its end.
        return nodes.Group("(" if left == "]" else left, ")" if right == "[" else right, content.items)
    if _CLOSING.get(left) != right or isinstance(content, nodes.Where):
        raise Unreadable("brackets that do not match")
    return nodes.Group(left, right, content.items) if isinstance(content, nodes.Listing) else content


def bars(parser: Parser, left: str, scope: Surroundings) -> Node:
    """Absolute value, norm, floor or ceiling."""
    name, right = _BARS[left]
    node = parser.expression(SUM, scope.bracketed(bar=left == "|", norm=left == "‖"))
    parser.need(right)
    return nodes.Call(name, (node,))


def braces(parser: Parser, left: str, scope: Surroundings) -> Node:
    """A set, by its elements or by a condition. The opening brace has been read."""
    if parser.eat(r"\}"):
        return nodes.SetOf(())
    if parser.peek().kind == "begin":
        node = parser.atom(scope)
        if not parser.at(r"\}") and isinstance(node, nodes.Matrix) and all(len(row) == 2 for row in node.rows):
            return nodes.Cases(tuple((row[0], row[1]) for row in node.rows))  # an array behind one brace
        return nodes.SetOf((node,)) if parser.eat(r"\}") else node
    content = parser.statement(scope.bracketed(builder=True))
    if parser.eat("|", ":"):
        content = nodes.SetBuilder(content, parser.statement(scope.bracketed()))
    parser.need(r"\}")
    if isinstance(content, nodes.SetBuilder):
        return content
    return nodes.SetOf(content.items if isinstance(content, nodes.Listing) else (content,))


def group(parser: Parser, left: str, scope: Surroundings) -> Node:
    r"""LaTeX braces: their content, except for ``{n \choose k}`` and ``{a \over b}``."""
    if parser.eat("}"):
        if not parser.starts(scope):
            raise Unreadable("empty braces")
        return parser.atom(scope)
    inside = scope.bracketed()
    node = parser.statement(inside)
    if parser.peek() in (("c", "choose"), ("c", "over")):
        word = parser.take().value
        below = parser.expression(SUM, inside)
        node = nodes.Call("binom", (node, below)) if word == "choose" else nodes.Div(node, below)
    parser.need("}")
    if isinstance(node, nodes.Listing) and node.word:
        raise Unreadable("a list in braces")
    return node


def environment(parser: Parser, name: str, scope: Surroundings) -> Node:
    r"""``\begin{...}`` has been read: a matrix, cases, or an aligned system."""
    if name in ("array", "alignedat") and parser.at("{"):
        while not parser.eat("}"):
            if parser.take() == END:
                raise Unreadable("columns that are never closed")
    rows = _rows(parser, name, scope.bracketed())
    if not rows:
        raise Unreadable("an empty environment")
    if name in ("cases", "dcases", "rcases"):
        return _cases(rows)
    if any(cell is None for row in rows for cell in row):
        raise Unreadable("an empty cell")
    cells = tuple(tuple(cell for cell in row if cell is not None) for row in rows)
    if len({len(row) for row in cells}) != 1 and name not in ALIGNED:
        raise Unreadable("rows of different lengths")
    if name in ("vmatrix", "Vmatrix"):
        return nodes.Call("det", (nodes.Matrix(cells),))
    if name in MATRICES:
        return nodes.Matrix(cells)
    if name in ALIGNED and all(len(row) == 1 for row in cells):
        return cells[0][0] if len(cells) == 1 else nodes.Listing("and", tuple(row[0] for row in cells))
    raise Unreadable(f"the environment {name}")


def _cases(rows: list[list[Node | None]]) -> Node:
    if all(len(row) == 1 and isinstance(row[0], (nodes.Relation, nodes.Listing)) for row in rows):
        return nodes.Listing("and", tuple(row[0] for row in rows if row[0] is not None))  # a system of equations
    if any(len(row) > 2 or row[0] is None for row in rows):
        raise Unreadable("pieces without conditions")
    return nodes.Cases(tuple((row[0], row[1] if len(row) == 2 else None) for row in rows if row[0] is not None))


def _rows(parser: Parser, name: str, scope: Surroundings) -> list[list[Node | None]]:
    """The cells of an environment, None for "otherwise"; its end is read too."""
    rows: list[list[Node | None]] = [[]]
    while True:
        kind, value = parser.peek()
        if kind == "end":
            if value != name:
                raise Unreadable("an environment that is never closed")
            parser.position += 1
            return [row for row in rows if row]
        if parser.eat("\\\\"):
            rows.append([])
        elif not rows[-1] or parser.eat("&"):
            rows[-1].append(_cell(parser, scope))
        else:
            raise Unreadable(f"{value!r} in a cell")


def _cell(parser: Parser, scope: Surroundings) -> Node | None:
    """One cell; a condition may follow a comma or "if". None for "otherwise"."""
    kind, value = parser.peek()
    if kind in ("t", "w") and value.strip().lower().strip(",.: ") in OTHERWISE:
        parser.position += 1
        return None
    while parser.condition() or parser.eat(","):
        pass
    if parser.peek().kind == "t" and parser.peek().value.strip().lower() in CONDITIONS | OTHERWISE:
        return _cell(parser, scope)
    node = parser.clause(scope)
    row_ends = parser.peek(1) in (("o", "&"), ("o", "\\\\"))
    if (parser.at(",", ";") and row_ends) or (parser.at(".", ",") and parser.peek(1).kind == "end"):
        parser.position += 1
    return node


def leading_name(parser: Parser) -> Node | None:
    """Words before "=", ":" or "is" at the start of a clause: a name for what follows."""
    kind, value = parser.peek()
    if kind != "t" and not (kind == "w" and len(value) > 2):
        return None
    words = value.strip()
    if parser.separator() or len(words) == 1:
        return None
    if any(word in REFUSED for word in re.findall(r"[a-z']+", words.lower())):
        return None
    if kind == "t" and (words.endswith((":", "=", " is")) or words == "is"):
        parser.position += 1
        parser.eat("=", ":")
        return nodes.Words(words.rstrip(":= "))
    ahead = 1
    while parser.peek(ahead).kind in ("w", "t") or parser.peek(ahead) in (("c", "angle"), ("c", "triangle")):
        ahead += 1
    if parser.peek(ahead) in (("o", "="), ("o", ":")) and words not in FUNCTIONS:
        name = " ".join(parser.peek(i).value for i in range(ahead))
        parser.position += ahead + 1
        return nodes.Words(name)
    return None


def remark(parser: Parser, node: Node, scope: Surroundings) -> Node:
    r"""``\pmod{7}``, "(mod 7)" or a condition in parentheses whose opening bracket has been read.

    Raises:
        Unreadable: any other remark.
    """
    opened = parser.peek(-1) == ("o", "(")
    kind, value = parser.peek()
    if value not in ("pmod", "mod", "bmod") or kind not in ("c", "w", "t"):
        condition = parser.statement(scope) if opened else None
        if not isinstance(condition, nodes.Relation) or not parser.eat(")"):
            raise Unreadable("a remark in parentheses")
        return nodes.Where(node, condition)
    parser.position += 1
    modulus = parser.expression(SUM, scope)
    if opened:
        parser.need(")")
    if isinstance(node, nodes.Relation) and node.operators[-1] in ("≡", "="):
        left = node.sides[0] if len(node.sides) == 2 else nodes.Relation(node.sides[:-1], node.operators[:-1])
        return nodes.Congruence(left, node.sides[-1], modulus)
    return nodes.Congruence(None, node, modulus)
