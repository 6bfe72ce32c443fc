"""C_5^2 and A_5^2: numbers of choices where the other answer is a number, powers of a symbol elsewhere."""

from __future__ import annotations

import re

from util.answers.syntax.nodes import Call, Div, Node, Num, Pow, Sym
from util.answers.syntax.tree import has, mapped, number, symbols

_COUNT = re.compile(r"([CAP])_(\d{1,3})")


def as_counts(node: Node, other: Node) -> Node:
    """The node with its numbers of choices as such, if the other answer has no symbols; else the node itself."""
    return node if symbols(other) or not has(node, Pow) else _counted(node)


def _counted(node: Node) -> Node:
    match = _COUNT.fullmatch(node.base.name) if isinstance(node, Pow) and isinstance(node.base, Sym) else None
    if match is None or not isinstance(node, Pow) or not isinstance(node.exponent, Num):
        return mapped(node, _counted)
    total, chosen = int(match[2]), node.exponent.value
    if not 0 <= chosen <= total or chosen.denominator != 1:
        return node
    if match[1] == "C":
        return Call("binom", (number(total), number(chosen)))
    return Div(Call("factorial", (number(total),)), Call("factorial", (number(total - chosen),)))
