"""Brackets of every kind: absolute values, sets, LaTeX groups, matrices and other environments."""

from __future__ import annotations

from typing import Any

from util.answers.nodes import ONE, Node, Unreadable
from util.answers.parser_state import ParserState
from util.answers.words import CONDITIONS, OTHERWISE

ALIGNED = ("aligned", "align", "gathered", "gather", "split", "eqnarray")


def bars(parser: ParserState, left: str) -> Node:
    """Absolute value, norm, floor or ceiling."""
    name, right = {"|": ("abs", "|"), "‖": ("norm", "‖"), "⌊": ("floor", "⌋"), "⌈": ("ceil", "⌉")}[left]
    saved = parser.bars, parser.bar_separates
    parser.bars, parser.bar_separates = (1 if left == "|" else 0), False
    parser.norms += left == "‖"
    node = parser.additive()
    parser.norms -= left == "‖"
    parser.bars, parser.bar_separates = saved
    parser.need(right)
    return Node("fun", (name, node))


def braces(parser: ParserState) -> Node:
    """A set, by its elements or by a condition. The opening brace has been read."""
    if parser.eat(r"\}"):
        return Node("set", ((),))
    if parser.peek()[0] == "begin":
        node = parser.atom()
        if not parser.at(r"\}") and node.op == "matrix" and all(len(row) == 2 for row in node.args):
            return Node("cases", node.args)  # an array behind one brace
        if parser.eat(r"\}"):
            return Node("set", ((node,),))
        return node
    saved = parser.bars, parser.bar_separates
    parser.bars, parser.bar_separates = 0, True
    content = parser.statement()
    if parser.eat("|", ":"):
        parser.bar_separates = False
        content = Node("setof", (content, parser.statement()))
    parser.bars, parser.bar_separates = saved
    parser.need(r"\}")
    if content.op == "setof":
        return content
    items: tuple[Any, ...] = content.args[1] if content.op == "list" else (content,)
    return Node("set", (items,))


def group(parser: ParserState) -> Node:
    """LaTeX braces: their content, except for ``{n \\choose k}`` and ``{a \\over b}``."""
    if parser.eat("}"):
        if not parser.starts():
            raise Unreadable("empty braces")
        return parser.factor()
    saved = parser.bars, parser.bar_separates
    parser.bars, parser.bar_separates = 0, False
    node = parser.statement()
    if parser.peek() in (("c", "choose"), ("c", "over")):
        word = parser.take()[1]
        below = parser.additive()
        node = Node("fun", ("binom", node, below)) if word == "choose" else Node("div", (node, below))
    parser.bars, parser.bar_separates = saved
    parser.need("}")
    if node.op == "list" and (len(node.args[1]) < 1 or node.args[0]):
        raise Unreadable("a list in braces")
    return node


def environment(parser: ParserState, name: str) -> Node:
    r"""``\begin{...}`` has been read: a matrix, cases, or an aligned system."""
    if name == "array" and parser.at("{"):
        while not parser.eat("}"):
            if parser.take()[0] == "end" and not parser.peek()[1]:
                raise Unreadable("an array without columns")
    if name in ALIGNED:
        end = next((i for i in range(parser.position, len(parser.tokens)) if parser.tokens[i] == ("end", name)), None)
        inside = [token for token in parser.tokens[parser.position : end] if token != ("o", "&")]
        parser.tokens[parser.position : end] = inside
    rows: list[tuple[Node, ...]] = []
    cells: list[Node] = []
    saved = parser.bars, parser.bar_separates
    parser.bars, parser.bar_separates = 0, False
    while parser.peek() != ("end", name):
        cells.append(_cell(parser))
        if parser.eat("&"):
            continue
        rows.append(tuple(cells))
        cells = []
        if not parser.eat("\\\\"):
            break
    parser.bars, parser.bar_separates = saved
    if cells or parser.take() != ("end", name) or not rows:
        raise Unreadable(f"a broken {name}")
    return _environment(name, rows)


def _environment(name: str, rows: list[tuple[Node, ...]]) -> Node:
    if name in ("cases", "dcases", "rcases"):
        if all(len(row) == 1 and row[0].op in ("rel", "list") for row in rows):
            return Node("list", ("and", tuple(row[0] for row in rows)))
        return Node("cases", tuple((row[0], row[1] if len(row) > 1 else ONE) for row in rows))
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("a matrix with rows of unequal length")
    if name in ("vmatrix", "Vmatrix"):
        return Node("fun", ("det", Node("matrix", tuple(rows))))
    if name in ("matrix", "pmatrix", "bmatrix", "Bmatrix", "array", "smallmatrix", "psmallmatrix", "bsmallmatrix"):
        return Node("matrix", tuple(rows))
    if name in ALIGNED and all(len(row) == 1 for row in rows):
        return rows[0][0] if len(rows) == 1 else Node("list", ("and", tuple(row[0] for row in rows)))
    raise Unreadable(f"the environment {name}")


def _cell(parser: ParserState) -> Node:
    """One cell of an environment; a condition may follow a comma or "if"."""
    kind, value = parser.peek()
    word = value.strip().lower().strip(",.: ")
    if kind in ("t", "w") and word in OTHERWISE:
        parser.position += 1
        return ONE
    while parser.condition() or parser.eat(","):
        pass
    if parser.peek()[0] == "t" and parser.peek()[1].strip().lower() in CONDITIONS | OTHERWISE:
        return _cell(parser)
    node = parser.clause()
    if (parser.at(",", ";") and parser.peek(1) in (("o", "&"), ("o", "\\\\"))) or (
        parser.at(".") and parser.peek(1)[0] == "end"
    ):
        parser.position += 1
    return node
