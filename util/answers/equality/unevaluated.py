"""A computation is no answer where the gold answer is its value."""

from __future__ import annotations

from util.answers.syntax.nodes import Call, Derivative, Integral, Limit, Node, Num, Pow, Range
from util.answers.syntax.tree import number, walk
from util.answers.values.rationals import exact

LARGEST_FACTORIAL = 12
WRITTEN_OUT = 10**9
"""Numbers of this size that a gold answer writes out."""


def computation(gold: Node, answer: Node) -> str:
    """What the answer leaves to compute that the gold answer does not, in words; "" for nothing.

    A form that the gold answer has too, even once, is no computation left.
    """
    theirs = {name for item in walk(gold) if (name := _form(item))}
    for item in walk(answer):
        name = _form(item)
        if name and name not in theirs and (name != "a power" or _writes_out(gold)):
            return name
    return ""


def _form(node: Node) -> str:
    if isinstance(node, Range):
        return "a sum" if node.kind == "sum" else "a product"
    if isinstance(node, Integral):
        return "an integral"
    if isinstance(node, Limit):
        return "a limit"
    if isinstance(node, Derivative):
        return "a derivative"
    if isinstance(node, Call) and node.name == "det":
        return "a determinant"
    if isinstance(node, Call) and node.name == "factorial":
        value = exact(node.arguments[0])
        return "a factorial" if value is not None and value > LARGEST_FACTORIAL else ""
    if isinstance(node, Pow) and node.base != number(10):
        value = exact(node)
        return "a power" if value is not None and abs(value) >= WRITTEN_OUT else ""
    return ""


def _writes_out(node: Node) -> bool:
    return any(isinstance(item, Num) and abs(item.value) >= WRITTEN_OUT for item in walk(node))
