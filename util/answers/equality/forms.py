"""Forms of values: what a node may stand for besides itself, and what it leaves to compute."""

from __future__ import annotations

import itertools
import re

from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node
from util.answers.syntax.tree import ONE, ZERO, has, negated, number, product, rebuilt, symbols, total, walk
from util.answers.values.rationals import exact

MAX_COORDINATES = 6


def expanded(node: Node) -> tuple[Node, ...]:
    """The values of a node with plus-minus signs: two, or one per choice of signs in a tuple; else the node."""
    if not has(node, nodes.PlusMinus):
        return (node,)
    if isinstance(node, nodes.Group) and sum(has(item, nodes.PlusMinus) for item in node.items) > 1:
        # Each coordinate has its own sign.
        choices = itertools.product(*(expanded(item) for item in node.items[:MAX_COORDINATES]))
        return tuple(nodes.Group(node.left, node.right, choice) for choice in choices)
    return _signed(node, above=True), _signed(node, above=False)


def _signed(node: Node, *, above: bool) -> Node:
    """The node with the upper or the lower signs."""

    def change(item: Node) -> Node | None:
        if not isinstance(item, nodes.PlusMinus):
            return None
        right = _signed(item.right, above=above)
        right = right if above is item.above else nodes.Neg(right)
        return right if item.left is None else nodes.Add((_signed(item.left, above=above), right))

    return rebuilt(node, change)


def alternatives(node: Node) -> list[Node]:
    """The alternatives of an answer: the items of a list or set, with each plus-minus sign expanded."""
    raw = node.items if isinstance(node, (nodes.Listing, nodes.SetOf)) else (node,)
    return [choice for item in raw for choice in expanded(item)]


_COUNT = re.compile(r"([CAP])_(\d{1,3})")


def as_counts(node: Node, other: Node) -> Node:
    """The node with C_5^2 and A_5^2 as numbers of choices, if the other answer has no symbols; else the node itself."""
    return node if symbols(other) or not has(node, nodes.Pow) else rebuilt(node, _count)


def _count(node: Node) -> Node | None:
    match = (
        _COUNT.fullmatch(node.base.name) if isinstance(node, nodes.Pow) and isinstance(node.base, nodes.Sym) else None
    )
    if match is None or not isinstance(node, nodes.Pow) or not isinstance(node.exponent, nodes.Num):
        return None
    total, chosen = int(match[2]), node.exponent.value
    if not 0 <= chosen <= total or chosen.denominator != 1:
        return node
    if match[1] == "C":
        return nodes.Call("binom", (number(total), number(chosen)))
    return nodes.Div(nodes.Call("factorial", (number(total),)), nodes.Call("factorial", (number(total - chosen),)))


_UNITS = {"vector i": 0, "vector j": 1, "vector k": 2}


def components(node: Node, length: int) -> tuple[Node, ...] | None:
    """The components of "3i - j + 2k" (with unit vectors) as a vector of this length; None for anything else."""
    if not 2 <= length <= 3 or not any(isinstance(item, nodes.Sym) and item.name in _UNITS for item in walk(node)):
        return None
    found: list[list[Node]] = [[], [], []]
    for term in node.terms if isinstance(node, nodes.Add) else (node,):
        minus = isinstance(term, nodes.Neg)
        term = term.inside if isinstance(term, nodes.Neg) else term
        factors = list(term.factors) if isinstance(term, nodes.Mul) else [term]
        units = [item for item in factors if isinstance(item, nodes.Sym) and item.name in _UNITS]
        if len(units) != 1:
            return None
        rest = [item for item in factors if item is not units[0]]
        value = product(rest) if rest else ONE
        found[_UNITS[units[0].name]].append(negated(value) if minus else value)
    if length == 2 and found[2]:
        return None
    return tuple(total(items) if items else ZERO for items in found[:length])


def scaled_matrix(node: Node) -> nodes.Matrix | None:
    """A number times a matrix, multiplied out; None for anything else."""
    if isinstance(node, nodes.Neg):
        factors: list[Node] = [number(-1), node.inside]
    elif isinstance(node, nodes.Div):
        factors = [nodes.Div(ONE, node.below), node.above]
    elif isinstance(node, nodes.Mul):
        factors = list(node.factors)
    else:
        return None
    matrices = [item for item in factors if isinstance(item, nodes.Matrix)]
    scale = [item for item in factors if not isinstance(item, nodes.Matrix)]
    if len(matrices) != 1 or any(has(item, nodes.Matrix) for item in scale):
        return None
    return nodes.Matrix(tuple(tuple(nodes.Mul((*scale, cell)) for cell in row) for row in matrices[0].rows))


LARGEST_FACTORIAL = 12
WRITTEN_OUT = 10**9
"""Numbers of this size that a gold answer writes out."""


def computation(gold: Node, answer: Node) -> str:
    """What the answer leaves to compute that the gold answer does not, in words; "" for nothing.

    A form that the gold answer has too, even once, is no computation left.
    """
    theirs = set(map(_form, walk(gold)))
    writes_out = any(isinstance(item, nodes.Num) and abs(item.value) >= WRITTEN_OUT for item in walk(gold))
    for name in map(_form, walk(answer)):
        if name and name not in theirs and (name != "a power" or writes_out):
            return name
    return ""


def _form(node: Node) -> str:
    if isinstance(node, nodes.Range):
        return "a sum" if node.kind == "sum" else "a product"
    if isinstance(node, nodes.Numerical):
        return f"a{'n' if isinstance(node, nodes.Integral) else ''} {type(node).__name__.lower()}"
    if isinstance(node, nodes.Call) and node.name == "det":
        return "a determinant"
    if isinstance(node, nodes.Call) and node.name == "factorial":
        value = exact(node.arguments[0])
        return "a factorial" if value is not None and value > LARGEST_FACTORIAL else ""
    if isinstance(node, nodes.Pow) and node.base != number(10):
        value = exact(node)
        return "a power" if value is not None and abs(value) >= WRITTEN_OUT else ""
    return ""
