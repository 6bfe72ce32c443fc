"""Plus-minus signs: the values that a node with them stands for."""

from __future__ import annotations

import itertools

from util.answers.syntax.nodes import Add, Group, Listing, Neg, Node, PlusMinus, SetOf
from util.answers.syntax.tree import has, mapped

MAX_COORDINATES = 6


def expanded(node: Node) -> tuple[Node, ...]:
    """The values of a node with plus-minus signs: two, or one per choice of signs in a tuple; else the node."""
    if not has(node, PlusMinus):
        return (node,)
    if isinstance(node, Group) and sum(has(item, PlusMinus) for item in node.items) > 1:
        # Each coordinate has its own sign.
        choices = itertools.product(*(expanded(item) for item in node.items[:MAX_COORDINATES]))
        return tuple(Group(node.left, node.right, choice) for choice in choices)
    return _signed(node, above=True), _signed(node, above=False)


def _signed(node: Node, *, above: bool) -> Node:
    """The node with the upper or the lower signs."""
    if not isinstance(node, PlusMinus):
        return mapped(node, lambda child: _signed(child, above=above))
    right = _signed(node.right, above=above)
    right = right if above is node.above else Neg(right)
    return right if node.left is None else Add((_signed(node.left, above=above), right))


def alternatives(node: Node) -> list[Node]:
    """The alternatives of an answer: the items of a list or set, with each plus-minus sign expanded."""
    raw = node.items if isinstance(node, (Listing, SetOf)) else (node,)
    return [choice for item in raw for choice in expanded(item)]
