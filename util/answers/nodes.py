"""The tree of a parsed answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple


class Unreadable(ValueError):
    """The text cannot be parsed; the message names where the parser stopped."""


class TooHard(ArithmeticError):
    """A value does not exist or cannot be computed within the bounds."""


class Node(NamedTuple):
    """One node. ``op`` determines what ``args`` are:

    values: num (Fraction, decimal places or None), sym (name), const (pi, e, i, inf), add, mul (nodes...),
    neg, div, pow, fact (nodes), pm, mp (left or None, right), fun (name, nodes...), deg, pct (node),
    unit (node, unit text), based (digits, base), sum, prod (variable, from, to, body), int (variable, from,
    to, body), deriv (variable, order, body), lim (variable, target, body), cases ((value, condition)...).

    structures: group (left bracket, right bracket, items), set (items), setof (head, condition),
    matrix (rows), union, inter, minus (nodes), rel (node, operator, node, ...), cong (left, right, modulus),
    list (items), ratio (items), where (node, conditions), text (words), dots ().
    """

    op: str
    args: tuple[Any, ...] = ()


REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
"""Each order and equality, read from right to left."""

NodeComparison = Callable[[Node, Node, int], bool]
"""Whether a gold answer and an answer mean the same; the third argument is their depth of nesting."""


def number(value: int | Fraction, places: int | None = None) -> Node:
    """A number node; places: decimal places as written, None if it has no decimal point."""
    return Node("num", (Fraction(value), places))


ONE, ZERO = number(1), number(0)
INFINITY, IMAGINARY = Node("const", ("inf",)), Node("const", ("i",))
MINUS_INFINITY = Node("neg", (INFINITY,))


def children(node: Node) -> Iterator[Node]:
    """The direct children, also those inside nested tuples."""
    stack = list(node.args)
    while stack:
        item = stack.pop()
        if isinstance(item, Node):
            yield item
        elif isinstance(item, tuple):
            stack.extend(item)


def walk(node: Node) -> Iterator[Node]:
    """The node and all its descendants."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def symbols(node: Node) -> set[str]:
    """Names of the free symbols."""
    if node.op == "sym":
        return {node.args[0]}
    if node.op in ("sum", "prod", "int", "lim"):
        variable, *rest = node.args
        inside = {name for item in rest if isinstance(item, Node) for name in symbols(item)}
        return inside - {variable}
    return {name for child in children(node) for name in symbols(child)}


def has(node: Node, *ops: str) -> bool:
    """Whether the tree contains a node of one of these kinds."""
    return any(item.op in ops for item in walk(node))


def replaced(node: Node, name: str, value: Node) -> Node:
    """The tree with ``value`` for each symbol ``name``."""
    return swapped(node, Node("sym", (name,)), value)


def swapped(node: Node, old: Node, new: Node) -> Node:
    """The tree with ``new`` for each ``old``."""
    if node == old:
        return new
    return Node(node.op, tuple(_swapped(item, old, new) for item in node.args))


def _swapped(item: Any, old: Node, new: Node) -> Any:
    if isinstance(item, Node):
        return swapped(item, old, new)
    if isinstance(item, tuple):
        return tuple(_swapped(part, old, new) for part in item)
    return item
