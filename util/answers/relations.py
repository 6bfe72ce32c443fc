"""Compare equations, inequalities, congruences, piecewise functions, ratios, and numbers with units.

The functions take ``same`` and ``values_agree`` (same.py), so this module does not import that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from util.answers.exact import exact
from util.answers.meaning import text_key, without_unit
from util.answers.nodes import INFINITY, ONE, REVERSED, Node, NodeComparison, number, symbols
from util.answers.numeric import SAME, close, ratio_at_points
from util.answers.residues import constant_ratio
from util.answers.scalars import STRUCTURES, same_scalar
from util.answers.units import conversion, parse_unit


def same_structure(gold: Node, answer: Node, depth: int, same: NodeComparison, values_agree: NodeComparison) -> bool:
    """Compare two nodes of which at least one is a relation, congruence, cases, ratio, or number in a base."""
    kinds = {gold.op, answer.op}
    if "based" in kinds:
        if gold.op == answer.op:
            return False  # identical nodes were accepted earlier
        # Digits without the base, which the question names.
        return bool(gold.op == "based" and gold.args[0].isdigit() and answer == number(int(gold.args[0])))
    if "equal" in kinds:
        one, other = (gold, answer) if gold.op == "equal" else (answer, gold)
        if other.op == "equal" or not _consistent(one.args):
            return False
        pairs = [(part, other) if one is gold else (other, part) for part in one.args]
        return any(values_agree(left, right, depth) for left, right in pairs)
    if gold.op == answer.op == "rel":
        return same_relation(gold, answer, values_agree)
    if "rel" in kinds:
        relation, other = (gold, answer) if gold.op == "rel" else (answer, gold)
        sides = relation.args[0::2]
        if set(relation.args[1::2]) != {"="} or symbols(relation) or not _consistent(sides):
            return False
        return same_scalar(*((sides[-1], other) if relation is gold else (other, sides[-1])))
    if "cong" in kinds:
        return _same_congruence(gold, answer)
    if gold.op == answer.op == "cases":
        return _same_cases(gold, answer, depth, same)
    if "ratio" in kinds:
        return _same_ratio(gold, answer)
    return False


def _consistent(parts: Iterable[Node]) -> bool:
    """Whether the sides of "2 + 3 = 5 = 5.0" are equal, up to rounding."""
    first, *rest = parts
    return all(same_scalar(first, other) or same_scalar(other, first) for other in rest)


def same_relation(gold: Node, answer: Node, values_agree: NodeComparison) -> bool:
    """Compare two relations: equations up to a constant factor, inequalities up to a positive one."""
    if len(gold.args) != len(answer.args):
        return False
    if len(gold.args) > 3:
        return _same_chain(gold, answer, values_agree)
    a, operator, b = gold.args
    c, other, d = answer.args
    if other != operator and other == REVERSED.get(operator):
        c, d, other = d, c, operator
    if operator != other or operator not in ("=", "<", ">", "<=", ">=", "!="):
        return operator == other and values_agree(a, c, 9) and values_agree(b, d, 9)
    if any(item.op in STRUCTURES or item == INFINITY for item in (a, b, c, d)):
        return (values_agree(a, c, 7) and values_agree(b, d, 7)) or (
            operator == "=" and values_agree(a, d, 7) and values_agree(b, c, 7)
        )
    left, right = (Node("add", (x, Node("neg", (y,)))) for x, y in ((a, b), (c, d)))
    if symbols(left) != symbols(right):
        return False
    if operator in ("=", "!=") and (verdict := constant_ratio(left, right)) is not None:
        return verdict
    ratios = ratio_at_points(left, right)
    if ratios is None or not all(close(ratios[0], ratio, SAME) for ratio in ratios):
        return False
    return operator in ("=", "!=") or bool(ratios[0].imag == 0 and ratios[0].real > 0)


def _same_chain(gold: Node, answer: Node, values_agree: NodeComparison) -> bool:
    parts = list(answer.args)
    if parts[1::2] != list(gold.args[1::2]):
        parts = [REVERSED.get(part, part) if isinstance(part, str) else part for part in reversed(parts)]
    if parts[1::2] != list(gold.args[1::2]):
        return False
    return all(values_agree(a, b, 7) for a, b in zip(gold.args[0::2], parts[0::2], strict=True))


def _same_congruence(gold: Node, answer: Node) -> bool:
    if gold.op != answer.op:
        # "2 (mod 9)" for 2: a residue with its modulus.
        congruence, value = (gold, answer) if gold.op == "cong" else (answer, gold)
        return congruence.args[0] is None and same_scalar(congruence.args[1], value)
    (name, a, m), (other, b, k) = gold.args, answer.args
    if (name is not None and other is not None and name != other) or not same_scalar(m, k):
        return False
    values = [exact(node) for node in (a, b, m)]
    if any(value is None or value.denominator != 1 for value in values) or values[2] == 0:
        return same_scalar(a, b)
    return (values[0] - values[1]) % values[2] == 0  # type: ignore[operator]


def _same_cases(gold: Node, answer: Node, depth: int, same: NodeComparison) -> bool:
    """Piecewise functions: the pieces in any order; one "otherwise" matches the one condition that is left."""
    left, right = list(gold.args), list(answer.args)
    if len(left) != len(right) or any(len([c for _, c in side if c == ONE]) > 1 for side in (left, right)):
        return False
    for piece in [p for p in left if p[1] != ONE]:
        match = next((other for other in right if other[1] != ONE and same(piece[1], other[1], depth + 1)), None)
        if match is not None:
            if not same(piece[0], match[0], depth + 1):
                return False
            left.remove(piece)
            right.remove(match)
    if not left:
        return True
    return len(left) == 1 and ONE in (left[0][1], right[0][1]) and same(left[0][0], right[0][0], depth + 1)


def _same_ratio(gold: Node, answer: Node) -> bool:
    left, right = (side.args[0] if side.op == "ratio" else None for side in (gold, answer))
    if left is None or right is None:
        ratio, other = (left, answer) if left is not None else (right, gold)
        return ratio is not None and len(ratio) == 2 and same_scalar(Node("div", ratio), other)
    return len(left) == len(right) and all(
        same_scalar(Node("mul", (a, right[0])), Node("mul", (left[0], b)))
        for a, b in zip(left[1:], right[1:], strict=True)
    )


def same_units(gold: Node, answer: Node, depth: int, same: NodeComparison, values_agree: NodeComparison) -> bool:
    """Numbers with units: known units are converted, others must be the same words."""
    (left, unit), (right, other) = without_unit(gold), without_unit(answer)
    if left.op in ("unit", "units", "text") or right.op in ("unit", "units", "text"):
        return False
    factor: Fraction | None = Fraction(1)
    if (symbols(left) or symbols(right)) and bool(unit) != bool(other) and parse_unit(unit or other) is None:
        return False  # "n even" says more than "n"
    if unit and other:
        if symbols(left) and symbols(right) and parse_unit(unit) is None:
            # "n even" and "n odd"
            return _predicate(unit) == _predicate(other) and values_agree(left, right, depth + 1)
        factor = conversion(unit, other)
    if factor is None:
        return False
    if factor != 1:
        right = Node("mul", (right, number(factor)))
    return values_agree(left, right, depth + 1) if depth < 8 else False


def _predicate(words: str) -> str:
    return text_key(re.sub(r"^(?:is|are|an?|the) ", "", words.strip()))
