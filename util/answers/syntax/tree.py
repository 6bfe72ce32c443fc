"""Make, search and change trees, whatever their nodes are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, TypeVar

from util.answers.syntax.nodes import (
    Add,
    Const,
    Integral,
    Limit,
    Mul,
    Neg,
    Node,
    Num,
    NumberSet,
    Range,
    Sym,
)

N = TypeVar("N", bound=Node)

ONE, ZERO = Num(Fraction(1)), Num(Fraction(0))
INFINITY, IMAGINARY, PI, E = Const("inf"), Const("i"), Const("pi"), Const("e")
MINUS_INFINITY = Neg(INFINITY)
REALS = NumberSet("R")

REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
"""Each order and equality, read from right to left."""
ORDERS = frozenset(["<", ">", "<=", ">="])

BINDERS = (Range, Integral, Limit)
"""Nodes whose variable is not free in them."""


def number(value: int | Fraction, places: int | None = None) -> Num:
    return Num(Fraction(value), places)


def negated(node: Node) -> Node:
    """-node; the sign of a plain number is part of it."""
    if isinstance(node, Num):
        return Num(-node.value, node.places)
    return MINUS_INFINITY if node == INFINITY else Neg(node)


def total(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def difference(left: Node, right: Node) -> Node:
    return Add((left, Neg(right)))


_PLAIN = frozenset(["str", "int", "bool", "Fraction", "int | None", "tuple[str, ...]"])
"""Annotations of fields that hold no nodes."""


_known: dict[type[Node], tuple[str, ...]] = {}


def _inside(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold nodes."""
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = tuple(field.name for field in fields(kind) if field.type not in _PLAIN)
    return found


def children(node: Node) -> list[Node]:
    """The direct children, also those inside nested tuples."""
    found: list[Node] = []
    stack = [getattr(node, name) for name in _inside(type(node))]
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
        if _inside(type(current)):
            stack.extend(children(current))


def symbols(node: Node) -> set[str]:
    """Names of the free symbols."""
    if isinstance(node, Sym):
        return {node.name}
    found = {name for child in children(node) for name in symbols(child)}
    return found - {node.variable} if isinstance(node, BINDERS) else found


def has(node: Node, *kinds: type[Node]) -> bool:
    """Whether the tree contains a node of one of these kinds."""
    return any(isinstance(item, kinds) for item in walk(node))


def mapped(node: N, change: Callable[[Node], Node]) -> N:
    """The node with each direct child changed; the node itself if none is."""
    changed = {}
    for name in _inside(type(node)):
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


def swapped(node: Node, old: Node, new: Node) -> Node:
    """The tree with ``new`` for each ``old``."""
    return new if node == old else mapped(node, lambda child: swapped(child, old, new))


def replaced(node: Node, name: str, value: Node) -> Node:
    """The tree with ``value`` for each symbol ``name``."""
    return swapped(node, Sym(name), value)
