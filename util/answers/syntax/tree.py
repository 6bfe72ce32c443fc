"""Make, search, change and normalise trees, whatever their nodes are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node

N = TypeVar("N", bound=Node)

ONE, ZERO = nodes.Num(Fraction(1)), nodes.Num(Fraction(0))
INFINITY, IMAGINARY, PI, E = nodes.Const("inf"), nodes.Const("i"), nodes.Const("pi"), nodes.Const("e")
MINUS_INFINITY = nodes.Neg(INFINITY)
REALS = nodes.NumberSet("R")

REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
"""Each order and equality, read from right to left."""
ORDERS = frozenset(["<", ">", "<=", ">="])


def number(value: int | Fraction, places: int | None = None) -> nodes.Num:
    return nodes.Num(Fraction(value), places)


def negated(node: Node) -> Node:
    """-node; the sign of a plain number is part of it."""
    if isinstance(node, nodes.Num):
        return nodes.Num(-node.value, node.places)
    return MINUS_INFINITY if node == INFINITY else nodes.Neg(node)


def total(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else nodes.Add(tuple(terms))


def product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else nodes.Mul(tuple(factors))


def difference(left: Node, right: Node) -> Node:
    return nodes.Add((left, nodes.Neg(right)))


def children(node: Node) -> list[Node]:
    """The direct children, also those inside nested tuples."""
    found: list[Node] = []
    stack = [getattr(node, name) for name in node.inner]
    while stack:
        item = stack.pop()
        if isinstance(item, Node):
            found.append(item)
        elif item is not None:
            stack.extend(item)
    return found


def walk(node: Node) -> Iterator[Node]:
    """The node and all its descendants."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if current.inner:
            stack.extend(children(current))


def symbols(node: Node) -> set[str]:
    """Names of the free symbols."""
    if isinstance(node, nodes.Sym):
        return {node.name}
    if not node.inner:
        return set()
    found = {name for child in children(node) for name in symbols(child)}
    return found - {node.variable} if isinstance(node, (nodes.Range, nodes.Integral, nodes.Limit)) else found


def has(node: Node, *kinds: type[Node]) -> bool:
    """Whether the tree contains a node of one of these kinds."""
    return any(isinstance(item, kinds) for item in walk(node))


def mapped(node: N, change: Callable[[Node], Node]) -> N:
    """The node with each direct child changed; the node itself if none is."""
    changed = {}
    for name in node.inner:
        before = getattr(node, name)
        after = _mapped(before, change)
        if after is not before:
            changed[name] = after
    return replace(node, **changed) if changed else node


def _mapped(item: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(item, Node):
        return change(item)
    if isinstance(item, tuple):
        found = tuple(_mapped(part, change) for part in item)
        return item if all(one is other for one, other in zip(item, found, strict=True)) else found
    return item


def rebuilt(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with what ``change`` returns in place of a node and all below it; None leaves the node as it is."""
    found = change(node)
    return mapped(node, lambda child: rebuilt(child, change)) if found is None else found


def swapped(node: Node, old: Node, new: Node) -> Node:
    """The tree with ``new`` for each ``old``."""
    return rebuilt(node, lambda item: new if item == old else None)


def replaced(node: Node, name: str, value: Node) -> Node:
    """The tree with ``value`` for each symbol ``name``."""
    return swapped(node, nodes.Sym(name), value)


def arc_parts(node: Node) -> Node:
    """60° 42' is one angle."""
    if isinstance(node, nodes.Mul) and all(isinstance(item, nodes.Degrees) for item in node.factors):
        return nodes.Degrees(nodes.Add(tuple(item.inside for item in node.factors if isinstance(item, nodes.Degrees))))
    return node


def nested_rows(node: Node) -> Node:
    """[[1, 2], [3, 4]] is a matrix."""
    if not isinstance(node, nodes.Group) or (node.left, node.right) != ("[", "]"):
        return node
    rows = [
        item.items for item in node.items if isinstance(item, nodes.Group) and (item.left, item.right) == ("[", "]")
    ]
    if len(rows) == len(node.items) and len({len(row) for row in rows}) == 1:
        return nodes.Matrix(tuple(rows))
    return node


def named_points(node: Node) -> Node:
    """A(1, 2) is the point A = (1, 2); F(x, y) is a function."""
    match node:
        case nodes.Mul(factors=(nodes.Sym() as name, nodes.Group(left="(") as place)) if name.name[:1].isupper():
            if all(isinstance(item, nodes.Sym) for item in place.items):
                return nodes.Apply(name.name, place.items)
            return nodes.Relation((name, place), ("=",))
    return node


def repeated_names(node: Node) -> Node:
    """p = 5, q = 2; p = 7, q = 2 is a list of two solutions."""
    if not isinstance(node, nodes.Listing) or len(node.items) < 4:
        return node
    names = [_name(item) for item in node.items]
    size = names.index(names[0], 1) if names[0] in names[1:] else 0
    if size < 2 or None in names or len(set(names[:size])) != size or len(names) % size:
        return node
    if names != names[:size] * (len(names) // size):
        return node
    solutions = [nodes.Listing("and", node.items[i : i + size]) for i in range(0, len(names), size)]
    return nodes.Listing(node.word, tuple(solutions))


def _name(node: Node) -> Node | None:
    match node:
        case nodes.Relation(sides=(nodes.Sym() as name, *_), operators=("=",)):
            return name
    return None


def unwrapped(node: Node) -> Node:
    """-(-x) is x; a list inside LaTeX braces, and a list of one item, is what is inside."""
    if isinstance(node, nodes.Neg) and isinstance(node.inside, nodes.Neg):
        return node.inside.inside
    return node.items[0] if isinstance(node, nodes.Listing) and len(node.items) == 1 else node


PASSES: tuple[Callable[[Node], Node], ...] = (arc_parts, nested_rows, named_points, repeated_names, unwrapped)
"""What is one thing but written as several becomes one node. Each pass gets a node whose children are normalised, and
returns the node or what it stands for; no pass changes a value."""


def normalised(node: Node) -> Node:
    """The tree with each pass applied to each node, from the leaves up."""
    node = mapped(node, normalised)
    for change in PASSES:
        node = change(node)
    return node
