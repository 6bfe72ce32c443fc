"""Normalisation of a tree: what is one thing but written as several becomes one node.

``PASSES`` lists the passes in their order. Each gets a node whose children are normalised, and returns the node or what
it stands for; no pass changes a value.
"""

from __future__ import annotations

from collections.abc import Callable

from util.answers.syntax.nodes import Add, Apply, Degrees, Group, Listing, Matrix, Mul, Neg, Node, Relation, Sym
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
    """A(1, 2) is the point A = (1, 2); F(x, y) is a function."""
    if isinstance(node, Mul) and len(node.factors) == 2:
        name, place = node.factors
        if isinstance(name, Sym) and name.name[:1].isupper() and isinstance(place, Group) and place.left == "(":
            if all(isinstance(item, Sym) for item in place.items):
                return Apply(name.name, place.items)
            return Relation((name, place), ("=",))
    return node


def repeated_names(node: Node) -> Node:
    """p = 5, q = 2; p = 7, q = 2 is a list of two solutions."""
    if not isinstance(node, Listing) or len(node.items) < 4:
        return node
    names = [_name(item) for item in node.items]
    size = names.index(names[0], 1) if names[0] in names[1:] else 0
    if size < 2 or None in names or len(set(names[:size])) != size or len(names) % size:
        return node
    if names != names[:size] * (len(names) // size):
        return node
    solutions = [Listing("and", node.items[i : i + size]) for i in range(0, len(names), size)]
    return Listing(node.word, tuple(solutions))


def _name(node: Node) -> Node | None:
    single = isinstance(node, Relation) and node.operators == ("=",) and isinstance(node.sides[0], Sym)
    return node.sides[0] if single and isinstance(node, Relation) else None


def double_signs(node: Node) -> Node:
    """-(-x) is x."""
    return node.inside.inside if isinstance(node, Neg) and isinstance(node.inside, Neg) else node


def braced_lists(node: Node) -> Node:
    """A list inside LaTeX braces, and a list of one item, is what is inside."""
    return node.items[0] if isinstance(node, Listing) and len(node.items) == 1 else node


PASSES: tuple[Callable[[Node], Node], ...] = (
    arc_parts,
    nested_rows,
    named_points,
    repeated_names,
    double_signs,
    braced_lists,
)


def normalised(node: Node) -> Node:
    """The tree with each pass applied to each node, from the leaves up."""
    node = mapped(node, normalised)
    for change in PASSES:
        node = change(node)
    return node
