"""Vectors as sums of unit vectors, and matrices with a factor."""

from __future__ import annotations

from util.answers.syntax.nodes import Add, Div, Matrix, Mul, Neg, Node, Sym
from util.answers.syntax.tree import ONE, ZERO, has, negated, number, product, total, walk

_UNITS = {"vector i": 0, "vector j": 1, "vector k": 2}


def components(node: Node, length: int) -> tuple[Node, ...] | None:
    """The components of "3i - j + 2k" (with unit vectors) as a vector of this length; None for anything else."""
    if not 2 <= length <= 3 or not any(isinstance(item, Sym) and item.name in _UNITS for item in walk(node)):
        return None
    found: list[list[Node]] = [[], [], []]
    for term in node.terms if isinstance(node, Add) else (node,):
        minus = isinstance(term, Neg)
        term = term.inside if isinstance(term, Neg) else term
        factors = list(term.factors) if isinstance(term, Mul) else [term]
        units = [item for item in factors if isinstance(item, Sym) and item.name in _UNITS]
        if len(units) != 1:
            return None
        rest = [item for item in factors if item is not units[0]]
        value = product(rest) if rest else ONE
        found[_UNITS[units[0].name]].append(negated(value) if minus else value)
    if length == 2 and found[2]:
        return None
    return tuple(total(items) if items else ZERO for items in found[:length])


def scaled_matrix(node: Node) -> Matrix | None:
    """A number times a matrix, multiplied out; None for anything else."""
    if isinstance(node, Neg):
        factors: list[Node] = [number(-1), node.inside]
    elif isinstance(node, Div):
        factors = [Div(ONE, node.below), node.above]
    elif isinstance(node, Mul):
        factors = list(node.factors)
    else:
        return None
    matrices = [item for item in factors if isinstance(item, Matrix)]
    scale = [item for item in factors if not isinstance(item, Matrix)]
    if len(matrices) != 1 or any(has(item, Matrix) for item in scale):
        return None
    return Matrix(tuple(tuple(Mul((*scale, cell)) for cell in row) for row in matrices[0].rows))
