"""Compare lists, sets, tuples, vectors and matrices: some in order, some in any order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from util.answers.equality.forms import alternatives, components
from util.answers.equality.pair import PairRules
from util.answers.equality.parts import parts_of
from util.answers.syntax.nodes import Dots, Group, Listing, Matrix, Node, Num, Relation, SetOf, SetOperation, Words
from util.answers.syntax.tree import ORDERS
from util.answers.syntax.vocabulary import text_key

MAX_ITEMS = 200
PAIRS = (("(", ")"), ("⟨", "⟩"))
"""Brackets of tuples."""


def flattened(node: SetOperation) -> list[Node]:
    """The operands of nested operations of one kind: A, B, C of (A ∪ B) ∪ C."""
    nested = [
        flattened(side) if isinstance(side, SetOperation) and side.kind == node.kind else [side]
        for side in (node.left, node.right)
    ]
    return [leaf for side in nested for leaf in side]


def same_collection(gold: Node, answer: Node, at: PairRules) -> bool:
    """Compare two nodes of which at least one is a list, set, group or matrix."""
    if isinstance(gold, (Listing, SetOf)) and isinstance(answer, (Listing, SetOf)):
        return _same_lists(gold, answer, at)
    if isinstance(gold, Matrix) and isinstance(answer, Matrix):
        if len(gold.rows) != len(answer.rows):
            return False  # a row is not a column
        return all(same_sequence(a, b, at) for a, b in zip(gold.rows, answer.rows, strict=True))
    left, right = _ordered(gold), _ordered(answer)
    if left is None and right is not None:
        left = ("tuple", found) if (found := components(gold, len(right[1]))) is not None else None
    elif right is None and left is not None:
        right = ("tuple", found) if (found := components(answer, len(left[1]))) is not None else None
    if left is not None and right is not None:
        return left[0] == right[0] and same_sequence(left[1], right[1], at)
    for one, other in ((left, answer), (right, gold)):
        if one is not None and isinstance(other, Listing) and one[0] == "tuple":
            # (1, 2, 3) with "1, 2, 3": two items could be an interval, so they must be named
            named = len(one[1]) != 2 or all(parts_of(item).names for item in other.items)
            return named and same_sequence(one[1], other.items, at)
    return _empty(gold, answer) or _empty(answer, gold)


def _empty(one: Node, other: Node) -> bool:
    return one == SetOf(()) and isinstance(other, Words) and text_key(other.text) == "emptyset"


def _ordered(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    """(kind, items) of tuples, vectors and one-column matrices, else None; other brackets are another kind."""
    if isinstance(node, Matrix):
        if all(len(row) == 1 for row in node.rows):
            return "tuple", tuple(row[0] for row in node.rows)
        return ("tuple", node.rows[0]) if len(node.rows) == 1 else None
    if isinstance(node, Group):
        return ("tuple" if (node.left, node.right) in PAIRS else node.left + node.right), node.items
    return None


def same_sequence(gold: Iterable[Node], answer: Iterable[Node], at: PairRules) -> bool:
    """Whether the items are the same in the same order; an ellipsis is the same as an ellipsis."""
    left, right = list(gold), list(answer)
    if not len(left) == len(right) <= MAX_ITEMS:
        return False
    pairs = zip(left, right, strict=True)
    return all((isinstance(a, Dots) and isinstance(b, Dots)) or at.same(a, b) for a, b in pairs)


def _same_lists(gold: Listing | SetOf, answer: Listing | SetOf, at: PairRules) -> bool:
    if any(isinstance(item, Dots) for side in (gold, answer) for item in side.items):
        return same_sequence(gold.items, answer.items, at)
    words = [side.word if isinstance(side, Listing) else "" for side in (gold, answer)]
    if "or" in words and words[0] != words[1]:
        relations = [item for side in (gold, answer) for item in side.items if isinstance(item, Relation)]
        if any(set(item.operators) & ORDERS for item in relations):
            return False  # "x > 1 or y > 2" differs from "x > 1, y > 2"
    left, right = alternatives(gold), alternatives(answer)
    names = [[(parts_of(item).names or (None,))[0] for item in side] for side in (left, right)]
    if all(len(set(side)) == len(side) and None not in side for side in names):
        # All items have different names: x = 1, y = 2.
        if set(names[0]) != set(names[1]):
            return False
        by_name = dict(zip(names[1], right, strict=True))
        return all(at.same(item, by_name[name]) for name, item in zip(names[0], left, strict=True))
    for side in (0, 1):
        if len(set(names[side])) == len(names[side]) > 1 and None not in names[side] and None in names[1 - side]:
            return same_sequence(left, right, at)
    if isinstance(gold, SetOf) or isinstance(answer, SetOf) or words == ["or", "or"]:
        left, right = _distinct(left, at), _distinct(right, at)
    return same_multiset(left, right, at)


def _distinct(items: list[Node], at: PairRules) -> list[Node]:
    if all(isinstance(item, Num) for item in items):
        return list(dict.fromkeys(items))
    found: list[Node] = []
    for item in items[:MAX_ITEMS]:
        if not any(at.same(item, other) for other in found):
            found.append(item)
    return found


def same_multiset(gold: Iterable[Node], answer: Iterable[Node], at: PairRules) -> bool:
    """Whether the items are the same in any order, each as often."""
    left, right = list(gold), list(answer)
    if len(left) != len(right) or len(left) > MAX_ITEMS:
        return False
    for item in left:
        equal = (place for place, other in enumerate(right) if item == other)
        same = (place for place, other in enumerate(right) if at.same(item, other))
        if (match := next(itertools.chain(equal, same), None)) is None:
            return False
        del right[match]
    return True
