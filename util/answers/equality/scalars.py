"""Compare two values: with their units, exactly, by residues, at points, or by rounding.

Known units are converted, others must be the same words. A per cent or degree sign may be omitted.
"""

from __future__ import annotations

import re
from fractions import Fraction

from util.answers.equality.pair import POINTS, ROUNDING, PairRules
from util.answers.literals import LEAST_PERCENT
from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node
from util.answers.syntax.tree import INFINITY, number, symbols
from util.answers.syntax.units import KNOWN, conversion, parse_unit
from util.answers.syntax.vocabulary import text_key
from util.answers.values.agreement import as_fraction, real_value, same_values
from util.answers.values.rationals import exact
from util.answers.values.residues import same_residues
from util.answers.values.rounding import rounds

_SIGNS: dict[str, type[nodes.Marked]] = {"degree": nodes.Degrees, "percent": nodes.Percent, "radian": nodes.Radians}


def without_unit(node: Node) -> tuple[Node, str]:
    """A value and its unit; degrees, radians and per cent in words become signs."""
    if isinstance(node, nodes.Compound):
        value, unit = without_unit(node.first)
        more, smaller = without_unit(node.rest)
        if unit in KNOWN and smaller in KNOWN and KNOWN[unit][1] == KNOWN[smaller][1]:
            scale = KNOWN[smaller][0] / KNOWN[unit][0]
            return nodes.Add((value, nodes.Mul((more, number(scale))))), unit
        return node, ""
    if isinstance(node, nodes.Neg) and isinstance(node.inside, nodes.Quantity):
        value, unit = without_unit(node.inside)
        return nodes.Neg(value), unit
    if not isinstance(node, nodes.Quantity):
        return node, ""
    known = KNOWN.get(node.unit.strip(". "))
    if known is not None and known[1] in _SIGNS:
        return _SIGNS[known[1]](node.value), ""
    return node.value, node.unit


def same_measures(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two values of which at least one has a unit."""
    (left, unit), (right, other) = without_unit(gold), without_unit(answer)
    if isinstance(left, (nodes.Quantity, nodes.Compound, nodes.Words)) or isinstance(
        right, (nodes.Quantity, nodes.Compound, nodes.Words)
    ):
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
    return at.same_value(left, right if factor == 1 else nodes.Mul((right, number(factor))))


def _predicate(words: str) -> str:
    return text_key(re.sub(r"^(?:is|are|an?|the) ", "", words.strip()))


def same_scalar(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two values. A per cent or degree sign may be on one side only."""
    radians = isinstance(gold, nodes.Radians) or isinstance(answer, nodes.Radians)  # then a degree is not a bare number
    gold, answer = (side.inside if isinstance(side, nodes.Radians) else side for side in (gold, answer))
    left, right = without_sign(gold, nodes.Percent), without_sign(answer, nodes.Percent)
    if left is not None or right is not None:
        return _same_percent(gold, answer, left, right, at)
    if equal(gold, answer, at):
        return True
    left, right = without_sign(gold, nodes.Degrees), without_sign(answer, nodes.Degrees)
    if radians or (left is None and right is None):
        return False
    return equal(left or gold, right or answer, at)


def _same_percent(gold: Node, answer: Node, left: Node | None, right: Node | None, at: PairRules) -> bool:
    """left, right: the sides without their per cent sign, None where there is none."""
    if left is not None and right is not None:
        return equal(left, right, at)
    if left is not None:
        # 25% is 0.25, and 25 where the sign was omitted; 0.5% is not 0.5.
        size = exact(left)
        omitted = size is not None and abs(size) >= 1 and equal(left, answer, at)
        return omitted or equal(left, nodes.Mul((answer, number(100))), at)
    assert right is not None
    size = exact(gold)
    hundredth: Node = nodes.Percent(right)
    if size is not None and abs(size) >= LEAST_PERCENT and equal(gold, right, at):
        return True
    if isinstance(right, nodes.Num):
        hundredth = nodes.Num(right.value / 100, None if right.places is None else right.places + 2)
    return equal(gold, hundredth, at)


def without_sign(node: Node, kind: type[nodes.Marked]) -> Node | None:
    """The number before a sign (per cent or degrees); None if the outermost node has no such sign."""
    if isinstance(node, kind):
        return node.inside
    if isinstance(node, nodes.Neg) and (inner := without_sign(node.inside, kind)) is not None:
        return nodes.Neg(inner)
    return None


def equal(gold: Node, answer: Node, at: PairRules) -> bool:
    """Whether two values are equal as they stand."""
    if gold == answer:
        return True
    if any(isinstance(side, (nodes.Structure, nodes.Quantity)) or side == INFINITY for side in (gold, answer)):
        return False
    expected, given = exact(gold), exact(answer)
    if expected is not None and given is not None:
        return expected == given or _rounds(gold, answer, expected, given, at)
    verdict = same_residues(gold, answer)
    if verdict is None:
        verdict = same_values(gold, answer)
        if verdict:
            at.used.add(POINTS)
    if verdict:
        return True
    if symbols(gold) or symbols(answer):
        return False
    if expected is None and (real := real_value(gold)) is not None:
        expected = as_fraction(real)
    if given is None and (real := real_value(answer)) is not None:
        given = as_fraction(real)
    return expected is not None and given is not None and _rounds(gold, answer, expected, given, at)


def _rounds(gold: Node, answer: Node, expected: Fraction, given: Fraction, at: PairRules) -> bool:
    if not rounds(expected, decimal_places(gold), given, decimal_places(answer)):
        return False
    at.used.add(ROUNDING)
    return True


def decimal_places(node: Node) -> int | None:
    """Decimal places of a decimal, also of one with a power of ten behind it; None of an exact value."""
    while isinstance(node, (nodes.Neg, nodes.Percent, nodes.Degrees)):
        node = node.inside
    if isinstance(node, nodes.Num):
        return node.places
    if isinstance(node, nodes.Mul) and len(node.factors) == 2:
        mantissa, power = node.factors
        shift = exact(power.exponent) if isinstance(power, nodes.Pow) and power.base == number(10) else None
        if power == number(100):
            shift = Fraction(2)
        if (
            isinstance(mantissa, nodes.Num)
            and mantissa.places is not None
            and shift is not None
            and shift.denominator == 1
        ):
            return mantissa.places - int(shift)
    return None
