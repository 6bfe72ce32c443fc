"""Whether two parsed answers mean the same. When in doubt, reject.

``TABLE`` lists the kinds of nodes and the rule for each; the first entry decides that fits one of the two nodes.
"""

from __future__ import annotations

from dataclasses import replace

from util.answers.equality.conditions import follows, periodic, same_family, with_free_constants
from util.answers.equality.forms import alternatives, as_counts, scaled_matrix
from util.answers.equality.lists import flattened, same_collection, same_multiset, same_sequence
from util.answers.equality.pair import PairRules, Rule
from util.answers.equality.parts import Parts, by_coordinate, letters, named_value, parts_of
from util.answers.equality.realsets import as_set, looks_like_set, same_sets
from util.answers.equality.relations import RELATION_RULES, same_relation
from util.answers.equality.scalars import same_measures, same_scalar, without_unit
from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node
from util.answers.syntax.tree import has, replaced, symbols


def same_answers(gold: Node, answer: Node) -> tuple[bool, frozenset[str]]:
    """Whether two answers mean the same, and the rules used for it that are not exact ("points", "rounding").

    Raises:
        TooHard: not within the time limit; see ``evaluate.start_clock``.
    """
    comparison = PairRules(_same, _same_value)
    found = _same(gold, answer, comparison)
    return found, frozenset(comparison.used)


def _same(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two answers of any kind, with their names, conditions and parameters."""
    if gold == answer:
        return not isinstance(gold, nodes.Dots) or at.depth > 0
    if (verdict := _same_equations(gold, answer, at)) is not None:
        return verdict
    if not isinstance(gold, nodes.Relation) and (total := named_value(answer, of_gold=False)) is not None:
        answer = total
    if not isinstance(answer, nodes.Relation) and (total := named_value(gold, of_gold=True)) is not None:
        gold = total
    if _other_coordinates(gold, answer) or _other_coordinates(answer, gold):
        return False
    gold, answer = by_coordinate(gold, answer), by_coordinate(answer, gold)
    left, right = parts_of(gold), _same_argument(parts_of(gold), parts_of(answer))
    if not _names_agree(left, right) or not _conditions_agree(left, right, at):
        return False
    if left.domain != right.domain and ((left.domain and right.domain) or looks_like_set(left.value)):
        return False
    parameters = left.parameters | right.parameters
    if parameters or (periodic(left.value) and periodic(right.value)):
        return same_family(left.value, right.value, parameters, at)
    if at.same_value(left.value, right.value):
        return True
    counted = as_counts(left.value, right.value), as_counts(right.value, left.value)
    if counted != (left.value, right.value) and at.same_value(*counted):
        return True
    return any(at.same_value(left.value, renamed) for renamed in with_free_constants(left.value, right.value))


def _same_equations(gold: Node, answer: Node, at: PairRules) -> bool | None:
    """Whether two equations are equal up to a factor; None if one is no equation, or both give a name to a value."""
    if not isinstance(gold, nodes.Relation) or not isinstance(answer, nodes.Relation) or not symbols(gold):
        return None
    if set(gold.operators) != {"="} or set(answer.operators) != {"="}:
        return None
    if same_relation(gold, answer, at):
        return True
    return False if letters(gold.sides[-1]) and letters(gold.sides[0]) else None  # AB = CD


def _other_coordinates(one: Node, other: Node) -> bool:
    """Whether one side names a tuple, as in (x, y) = (1, 2), and the other calls the tuple by one of these names."""
    match one, other:
        case nodes.Relation(sides=(nodes.Group() as name, *_)), nodes.Relation(sides=(theirs, *_)):
            return theirs in name.items or (isinstance(theirs, nodes.Group) and theirs != name)
    return False


def _names_agree(left: Parts, right: Parts) -> bool:
    """Whether the names are compatible: AB and AC are not, y and f(x) are, as their forms differ."""
    if not left.names or not right.names or set(left.names) & set(right.names):
        return True
    return not any(type(a) is type(b) and not _extends(a, b) for a in left.names for b in right.names)


def _extends(left: Node, right: Node) -> bool:
    """S and S_{ABC} are one name with and without its index; any two names in words are compatible."""
    if isinstance(left, nodes.Words):
        return True
    if not isinstance(left, nodes.Sym) or not isinstance(right, nodes.Sym):
        return False
    short, long = sorted((left.name, right.name), key=len)
    return long.startswith(f"{short}_")


def _same_argument(left: Parts, right: Parts) -> Parts:
    """Rename the argument of ``right`` as in ``left``: f(t) = t + 1 becomes f(x) = x + 1."""
    match left.names, right.names:
        case (nodes.Apply(name=a, arguments=(nodes.Sym() as mine,)),), (
            nodes.Apply(name=b, arguments=(nodes.Sym() as other,)),
        ) if a == b:
            if mine != other and mine.name in symbols(left.value) - symbols(right.value):
                return replace(right, names=left.names, value=replaced(right.value, other.name, mine))
    return right


def _conditions_agree(left: Parts, right: Parts, at: PairRules) -> bool:
    """Conditions on both sides must agree. A condition on one side may only say where the value is defined."""
    if left.conditions and right.conditions:
        return same_multiset(left.conditions, right.conditions, at)
    both = (*left.conditions, *right.conditions)
    if any(isinstance(condition, nodes.Where) or has(condition, nodes.Where, nodes.Cases) for condition in both):
        return False  # one piece of a piecewise function
    if any(symbols(condition) & (left.parameters | right.parameters) for condition in both):
        return False  # "k ≠ 0" removes solutions
    return all(follows(condition, side.value) for side in (left, right) for condition in side.conditions)


def _same_value(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two answers without names and conditions."""
    if gold == answer:
        return True
    gold, answer = (_unwrapped(side, at) for side in (gold, answer))
    if (looks_like_set(gold) or looks_like_set(answer)) and (verdict := _same_sets(gold, answer, at)) is not None:
        return verdict
    if has(gold, nodes.PlusMinus) or has(answer, nodes.PlusMinus):
        return same_multiset(alternatives(gold), alternatives(answer), at)
    fits = (rule for kinds, rule in TABLE if isinstance(gold, kinds) or isinstance(answer, kinds))
    return next(fits, same_scalar)(gold, answer, at)


TABLE: tuple[tuple[tuple[type[Node], ...], Rule], ...] = (
    ((nodes.Listing, nodes.SetOf, nodes.Group, nodes.Matrix), same_collection),
    *RELATION_RULES,
    ((nodes.Quantity, nodes.Compound), same_measures),
    ((nodes.Structure,), lambda gold, answer, at: False),
)
"""Kinds of nodes, and the rule if at least one of two nodes is of that kind; values are compared if no entry fits."""


def _unwrapped(node: Node, at: PairRules) -> Node:
    """The item of a one-item set, a scaled matrix as one matrix, a degree or per cent word as its sign."""
    if (
        isinstance(node, nodes.SetOf)
        and len(node.items) == 1
        and not isinstance(node.items[0], nodes.SetOf)
        and at.depth <= 1
    ):
        return node.items[0]
    if isinstance(node, (nodes.Mul, nodes.Div, nodes.Neg)) and (matrix := scaled_matrix(node)) is not None:
        return matrix
    if isinstance(node, (nodes.Quantity, nodes.Compound, nodes.Neg)):
        value, unit = without_unit(node)
        return node if unit else value
    return node


def _same_sets(gold: Node, answer: Node, at: PairRules) -> bool | None:
    """Compare as sets of reals; None if they must be compared as lists instead."""
    left, right = as_set(gold), as_set(answer)
    if left is not None and right is not None:
        return same_sets(left, right)
    if isinstance(gold, nodes.Relation) and isinstance(answer, nodes.Relation):
        return same_relation(gold, answer, at)
    if isinstance(gold, nodes.SetOperation) and isinstance(answer, nodes.SetOperation):
        if gold.kind == "∖" or gold.kind != answer.kind:
            sides = ((gold.left, gold.right), (answer.left, answer.right))
            return gold.kind == answer.kind and same_sequence(*sides, at)
        return same_multiset(flattened(gold), flattened(answer), at)
    if isinstance(gold, nodes.Group) and isinstance(answer, nodes.Group):
        brackets = (gold.left, gold.right) == (answer.left, answer.right)
        return brackets and same_sequence(gold.items, answer.items, at)
    if isinstance(gold, nodes.SetBuilder) and isinstance(answer, nodes.SetBuilder):
        return at.same(gold.head, answer.head) and at.same(gold.condition, answer.condition)
    return None if isinstance(gold, nodes.Listing) and isinstance(answer, nodes.Listing) else False
