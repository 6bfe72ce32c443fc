"""Compare values with units: known units are converted, others must be the same words."""

from __future__ import annotations

import re
from fractions import Fraction

from util.answers.equality.pair import PairRules
from util.answers.equality.word_keys import text_key
from util.answers.syntax.nodes import Add, Compound, Degrees, Mul, Neg, Node, Percent, Quantity, Radians, Words
from util.answers.syntax.tree import number, symbols
from util.answers.syntax.units import KNOWN, conversion, parse_unit

_SIGNS: dict[str, type[Degrees] | type[Percent] | type[Radians]] = {
    "degree": Degrees, "percent": Percent, "radian": Radians,
}  # fmt: skip


def without_unit(node: Node) -> tuple[Node, str]:
    """A value and its unit; degrees, radians and per cent in words become signs."""
    if isinstance(node, Compound):
        value, unit = without_unit(node.first)
        more, smaller = without_unit(node.rest)
        if unit in KNOWN and smaller in KNOWN and KNOWN[unit][1] == KNOWN[smaller][1]:
            scale = KNOWN[smaller][0] / KNOWN[unit][0]
            return Add((value, Mul((more, number(scale))))), unit
        return node, ""
    if isinstance(node, Neg) and isinstance(node.inside, Quantity):
        value, unit = without_unit(node.inside)
        return Neg(value), unit
    if not isinstance(node, Quantity):
        return node, ""
    known = KNOWN.get(node.unit.strip(". "))
    if known is not None and known[1] in _SIGNS:
        return _SIGNS[known[1]](node.value), ""
    return node.value, node.unit


def same_measures(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two values of which at least one has a unit."""
    (left, unit), (right, other) = without_unit(gold), without_unit(answer)
    if isinstance(left, (Quantity, Compound, Words)) or isinstance(right, (Quantity, Compound, Words)):
        return False
    if (symbols(left) or symbols(right)) and bool(unit) != bool(other) and parse_unit(unit or other) is None:
        return False  # "n even" says more than "n"
    factor: Fraction | None = Fraction(1)
    if unit and other:
        if symbols(left) and symbols(right) and parse_unit(unit) is None:
            # "n even" and "n odd"
            return _predicate(unit) == _predicate(other) and at.same_value(left, right)
        factor = conversion(unit, other)
    if factor is None:
        return False
    return at.same_value(left, right if factor == 1 else Mul((right, number(factor))))


def _predicate(words: str) -> str:
    return text_key(re.sub(r"^(?:is|are|an?|the) ", "", words.strip()))
