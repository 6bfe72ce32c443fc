"""Normalisation of a tree: what is one thing but written as several becomes one node.

``PASSES`` lists the passes in their order. Each gets a node whose children are normalised, and returns the node or what
it stands for; no pass changes a value.
"""

from __future__ import annotations

from collections.abc import Callable

from util.answers.syntax.nodes import Add, Degrees, Group, Listing, Matrix, Mul, Neg, Node, Relation, Sym
from util.answers.syntax.tree import mapped


def arc_parts(node: Node) -> Node:
    """60° 42' is one angle."""
    if isinstance(node, Mul) and all(isinstance(item, Degrees) for item in node.factors):
        return Degrees(Add(tuple(item.inside for item in node.factors if isinstance(item, Degrees))))
    return node


def nested_rows(node: Node) -> Node:
    """[[1, 2], [3, 4]] is a matrix."""
    if not isinstance(node, Group) or (node.left, node.right) != ("[", "]"):
        return node
    rows = [item.items for item in node.items if isinstance(item, Group) and (item.left, item.right) == ("[", "]")]
    if len(rows) == len(node.items) and len({len(row) for row in rows}) == 1:
        return Matrix(tuple(rows))
    return node


def named_points(node: Node) -> Node:
    """A(1, 2) is the point A = (1, 2)."""
    if isinstance(node, Mul) and len(node.factors) == 2:
        name, place = node.factors
        if isinstance(name, Sym) and name.name[:1].isupper() and isinstance(place, Group) and place.left == "(":
            return Relation((name, place), ("=",))
    return node


def double_signs(node: Node) -> Node:
    """-(-x) is x."""
    return node.inside.inside if isinstance(node, Neg) and isinstance(node.inside, Neg) else node


def braced_lists(node: Node) -> Node:
    """A list inside LaTeX braces, and a list of one item, is what is inside."""
    return node.items[0] if isinstance(node, Listing) and len(node.items) == 1 else node


PASSES: tuple[Callable[[Node], Node], ...] = (arc_parts, nested_rows, named_points, double_signs, braced_lists)


def normalised(node: Node) -> Node:
    """The tree with each pass applied to each node, from the leaves up."""
    node = mapped(node, normalised)
    for change in PASSES:
        node = change(node)
    return node
