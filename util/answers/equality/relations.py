"""Compare equations, inequalities, congruences, piecewise functions, ratios, and numbers in a base."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from util.answers.equality.pair import POINTS, PairRules, Rule
from util.answers.equality.scalars import same_scalar
from util.answers.syntax.nodes import (
    Based,
    Call,
    Cases,
    Congruence,
    Div,
    Equal,
    Mul,
    Node,
    Ratio,
    Relation,
    Structure,
    Words,
)
from util.answers.syntax.tree import INFINITY, REVERSED, difference, number, rebuilt, symbols, walk
from util.answers.syntax.vocabulary import text_key
from util.answers.values.agreement import SAME, close, ratios_at_points
from util.answers.values.rationals import exact
from util.answers.values.residues import constant_ratio


def _same_based(gold: Node, answer: Node, at: PairRules) -> bool:
    """Digits in a base, and digits without it: the question names it. Identical nodes were accepted earlier."""
    return isinstance(gold, Based) and gold.digits.isdigit() and answer == number(int(gold.digits))


def _same_equal(gold: Node, answer: Node, at: PairRules) -> bool:
    """Several forms of one value, which must be equal, against one value."""
    if isinstance(gold, Equal) and isinstance(answer, Equal):
        return False
    left, right = (side.forms if isinstance(side, Equal) else (side,) for side in (gold, answer))
    both = [(one, other) for one in left for other in right]
    return consistent((left if len(left) > 1 else right), at) and any(at.same_value(*pair) for pair in both)


def consistent(sides: Iterable[Node], at: PairRules) -> bool:
    """Whether the sides of "2 + 3 = 5 = 5.0" are equal, up to rounding, whatever the base of a logarithm is."""
    given = list(sides)
    readings = [given]
    if any(_of_unknown_base(item) for side in given for item in walk(side)):
        readings = [[rebuilt(side, with_base) for side in given] for with_base in (_with_base("ln"), _with_base("lg"))]
    return any(
        all(same_scalar(first, other, at) or same_scalar(other, first, at) for other in rest)
        for first, *rest in readings
    )


def _of_unknown_base(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "log" and len(node.arguments) == 1


def _with_base(name: str) -> Callable[[Node], Node | None]:
    return lambda node: Call(name, node.arguments) if isinstance(node, Call) and _of_unknown_base(node) else None


def _same_relations(gold: Node, answer: Node, at: PairRules) -> bool:
    if isinstance(gold, Relation) and isinstance(answer, Relation):
        return same_relation(gold, answer, at)
    for side in (gold, answer):
        # "2 + 3 = 5" for 5
        if isinstance(side, Relation) and (
            set(side.operators) != {"="} or symbols(side) or not consistent(side.sides, at)
        ):
            return False
    gold, answer = (side.sides[-1] if isinstance(side, Relation) else side for side in (gold, answer))
    return same_scalar(gold, answer, at)


def same_relation(gold: Relation, answer: Relation, at: PairRules) -> bool:
    """Compare two relations: equations up to a constant factor, inequalities up to a positive one.

    Without symbols both sides are compared: any two true equations are equal up to a factor, and so are two false ones.
    """
    if len(gold.sides) != len(answer.sides):
        return False
    if len(gold.sides) > 2:
        return _same_chain(gold, answer, at)
    (a, b), (c, d) = gold.sides, answer.sides
    operator, other = gold.operators[0], answer.operators[0]
    if other != operator and other == REVERSED.get(operator):
        c, d, other = d, c, operator
    if operator != other or operator not in REVERSED:
        return operator == other and at.same_value(a, c) and at.same_value(b, d)
    whole = any(isinstance(item, Structure) or item == INFINITY for item in (a, b, c, d))
    if whole or not (symbols(gold) or symbols(answer)):
        turned = operator in ("=", "!=") and at.same_value(a, d) and at.same_value(b, c)
        return turned or (at.same_value(a, c) and at.same_value(b, d))
    return _same_up_to_factor(difference(a, b), difference(c, d), operator, at)


def _same_up_to_factor(left: Node, right: Node, operator: str, at: PairRules) -> bool:
    if symbols(left) != symbols(right):
        return False
    if operator in ("=", "!=") and (verdict := constant_ratio(left, right)) is not None:
        return verdict
    ratios = ratios_at_points(left, right)
    if ratios is None or not all(close(ratios[0], ratio, SAME) for ratio in ratios):
        return False
    at.used.add(POINTS)
    return operator in ("=", "!=") or bool(ratios[0].imag == 0 and ratios[0].real > 0)


def _same_chain(gold: Relation, answer: Relation, at: PairRules) -> bool:
    sides, operators = answer.sides, answer.operators
    if operators != gold.operators:
        sides, operators = sides[::-1], tuple(REVERSED.get(item, item) for item in operators[::-1])
    pairs = zip(gold.sides, sides, strict=True)
    return operators == gold.operators and all(at.same_value(a, b) for a, b in pairs)


def _same_congruence(gold: Node, answer: Node, at: PairRules) -> bool:
    if not isinstance(gold, Congruence) or not isinstance(answer, Congruence):
        # "2 (mod 9)" for 2: a residue with its modulus.
        alone = all(side.left is None for side in (gold, answer) if isinstance(side, Congruence))
        gold, answer = (side.right if isinstance(side, Congruence) else side for side in (gold, answer))
        return alone and same_scalar(gold, answer, at)
    if gold.left is not None and answer.left is not None and gold.left != answer.left:
        return False
    if not same_scalar(gold.modulus, answer.modulus, at):
        return False
    a, b, modulus = (exact(node) for node in (gold.right, answer.right, gold.modulus))
    if a is None or b is None or not modulus or any(value.denominator != 1 for value in (a, b, modulus)):
        return same_scalar(gold.right, answer.right, at)
    return (a - b) % modulus == 0


def _same_cases(gold: Node, answer: Node, at: PairRules) -> bool:
    """Piecewise functions: the pieces in any order; one "otherwise" matches the one condition that is left."""
    if not isinstance(gold, Cases) or not isinstance(answer, Cases) or len(gold.pieces) != len(answer.pieces):
        return False
    left, right = list(gold.pieces), list(answer.pieces)
    if any(sum(condition is None for _, condition in side) > 1 for side in (left, right)):
        return False
    for value, condition in gold.pieces:
        if condition is None:
            continue
        match = next((other for other in right if other[1] is not None and at.same(condition, other[1])), None)
        if match is not None:
            if not at.same(value, match[0]):
                return False
            left.remove((value, condition))
            right.remove(match)
    if not left:
        return True
    return len(left) == 1 and (left[0][1] is None or right[0][1] is None) and at.same(left[0][0], right[0][0])


def _same_ratio(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two nodes of which at least one is a ratio; one of two terms may be written as a fraction."""
    if not isinstance(gold, Ratio) or not isinstance(answer, Ratio):
        ratio, other = (gold, answer) if isinstance(gold, Ratio) else (answer, gold)
        return isinstance(ratio, Ratio) and len(ratio.items) == 2 and same_scalar(Div(*ratio.items), other, at)
    left, right = gold.items, answer.items
    return len(left) == len(right) and all(
        same_scalar(Mul((a, right[0])), Mul((left[0], b)), at) for a, b in zip(left[1:], right[1:], strict=True)
    )


def _same_words(gold: Node, answer: Node, at: PairRules) -> bool:
    return isinstance(gold, Words) and isinstance(answer, Words) and text_key(gold.text) == text_key(answer.text)


RELATION_RULES: tuple[tuple[tuple[type[Node], ...], Rule], ...] = (
    ((Words,), _same_words),
    ((Based,), _same_based),
    ((Equal,), _same_equal),
    ((Relation,), _same_relations),
    ((Congruence,), _same_congruence),
    ((Cases,), _same_cases),
    ((Ratio,), _same_ratio),
)
"""Kinds of nodes with the rule for two nodes of which at least one is of this kind."""
