"""Compare two values: exactly, by residues, or at points. A per cent or degree sign may be omitted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from util.answers.exact import exact
from util.answers.meaning import without_sign
from util.answers.nodes import INFINITY, Node, symbols
from util.answers.numeric import as_fraction, real_value, same_values
from util.answers.residues import same_residues
from util.answers.rounding import rounds

STRUCTURES = frozenset(
    ["group", "set", "setof", "matrix", "union", "inter", "minus", "rel", "cong", "list", "ratio", "where", "text", "dots",
     "cases", "based", "equal", "units"]
)  # fmt: skip
"""Kinds of nodes that are not values."""


def same_scalar(gold: Node, answer: Node) -> bool:
    """Compare two values. A per cent or degree sign may be on one side only."""
    radians = "rad" in (gold.op, answer.op)  # then a degree is not a bare number
    gold, answer = (side.args[0] if side.op == "rad" else side for side in (gold, answer))
    if _equal(gold, answer):
        return True
    if radians:
        return False
    for op in ("pct", "deg"):
        left, right = without_sign(gold, op), without_sign(answer, op)
        if op == "pct" and left is None and right is not None and abs(exact(gold) or Fraction(0)) < 1:
            continue
        if (left is None) != (right is None):
            return _equal(left or gold, right or answer)
        if left is not None and right is not None:
            return _equal(left, right)
    return False


def _equal(gold: Node, answer: Node) -> bool:
    if gold == answer:
        return True
    if any(side.op in STRUCTURES or side == INFINITY or side.op == "unit" for side in (gold, answer)):
        return False
    expected, given = exact(gold), exact(answer)
    if expected is not None and given is not None:
        return expected == given or _rounds(gold, answer, expected, given)
    names, others = symbols(gold), symbols(answer)
    verdict = same_residues(gold, answer)
    if verdict is None:
        verdict = same_values(gold, answer)
    if verdict:
        return True
    if names or others:
        return False
    values = [value if value is not None else _as_fraction(side) for value, side in ((expected, gold), (given, answer))]
    return None not in values and _rounds(gold, answer, *values)


def _as_fraction(node: Node) -> Any:
    value = real_value(node)
    return None if value is None else as_fraction(value)


def _rounds(gold: Node, answer: Node, expected: Fraction, given: Fraction) -> bool:
    return rounds(expected, _places(gold), given, _places(answer))


def _places(node: Node) -> int | None:
    while node.op in ("neg", "pct", "deg"):
        node = node.args[0]
    if node.op != "num":
        return None
    places: int | None = node.args[1]
    return places
