"""Compare lists, sets, tuples, vectors and matrices: some in order, some in any order.

The functions take ``same``, which compares two items (same.py), so this module does not import it."""

from __future__ import annotations

from collections.abc import Iterable

from util.answers.meaning import expanded, parts_of, text_key
from util.answers.nodes import Node, NodeComparison

MAX_ITEMS = 200


def flattened(node: Node) -> list[Node]:
    """The operands of nested nodes of one kind: A, B, C of (A ∪ B) ∪ C."""
    return [leaf for side in node.args for leaf in (flattened(side) if side.op == node.op else [side])]


def alternatives(node: Node) -> list[Node]:
    """The alternatives of an answer: the items of a list or set, with each plus-minus sign expanded."""
    raw: Iterable[Node] = [node]
    if node.op == "list":
        raw = node.args[1]
    elif node.op == "set":
        raw = node.args[0]
    return [choice for item in raw for choice in expanded(item)]


def _word(node: Node) -> str:
    """The word between the items of a list: "and", "or", or ""."""
    return str(node.args[0]) if node.op == "list" else ""


def same_collection(gold: Node, answer: Node, depth: int, same: NodeComparison) -> bool:
    """Compare two nodes of which at least one is a list, set, group or matrix."""
    if {gold.op, answer.op} <= {"list", "set"}:
        return _same_lists(gold, answer, depth, same)
    if gold.op == answer.op == "matrix" and len(gold.args) != len(answer.args):
        return False  # a row is not a column
    left, right = _ordered(gold), _ordered(answer)
    if left is not None and right is not None:
        return left[0] == right[0] and same_sequence(left[1], right[1], depth, same)
    if gold.op == answer.op == "matrix":
        return all(same_sequence(a, b, depth, same) for a, b in zip(gold.args, answer.args, strict=True))
    for one, other in ((left, answer), (right, gold)):
        if one is not None and other.op == "list" and one[0] == "tuple":
            return _tuple_and_list(one[1], other, depth, same)
    if "set" in (gold.op, answer.op) and "text" in (gold.op, answer.op):
        text, other = (gold, answer) if gold.op == "text" else (answer, gold)
        return other.args == ((),) and text_key(text.args[0]) == "emptyset"
    return False


def _ordered(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    """(kind, items) of tuples, vectors and one-column matrices, else None; other brackets are another kind."""
    if node.op == "matrix":
        if all(len(row) == 1 for row in node.args):
            return "tuple", tuple(row[0] for row in node.args)
        return ("tuple", node.args[0]) if len(node.args) == 1 else None
    if node.op == "group":
        left, right, items = node.args
        return ("tuple" if (left, right) in (("(", ")"), ("⟨", "⟩")) else left + right), tuple(items)
    return None


def _tuple_and_list(items: tuple[Node, ...], other: Node, depth: int, same: NodeComparison) -> bool:
    """Compare (1, 2, 3) with "1, 2, 3": two items could be an interval, so they must be named."""
    listed = other.args[1]
    names = [parts_of(item).names for item in listed]
    if not all(names) and len(items) == 2:
        return False
    return same_sequence(items, listed, depth, same)


def same_sequence(gold: Iterable[Node], answer: Iterable[Node], depth: int, same: NodeComparison) -> bool:
    """Whether the items are the same in the same order."""
    left, right = list(gold), list(answer)
    return len(left) == len(right) <= MAX_ITEMS and all(same(a, b, depth + 1) for a, b in zip(left, right, strict=True))


def _same_lists(gold: Node, answer: Node, depth: int, same: NodeComparison) -> bool:
    if "or" in (_word(gold), _word(answer)) and _word(gold) != _word(answer):
        relations = [item for side in (gold, answer) if side.op == "list" for item in side.args[1] if item.op == "rel"]
        if any(set(item.args[1::2]) & {"<", ">", "<=", ">="} for item in relations):
            return False  # "x > 1 or y > 2" differs from "x > 1, y > 2"
    left, right = (alternatives(side) for side in (gold, answer))
    names = [[parts_of(item).names[0] if parts_of(item).names else None for item in side] for side in (left, right)]
    if all(len(set(side)) == len(side) and None not in side for side in names):
        # All items have different names: x = 1, y = 2.
        if set(names[0]) != set(names[1]):
            return False
        by_name = dict(zip(names[1], right, strict=True))
        return all(same(item, by_name[name], depth + 1) for name, item in zip(names[0], left, strict=True))
    for side in (0, 1):
        if len(set(names[side])) == len(names[side]) > 1 and None not in names[side] and None in names[1 - side]:
            return same_sequence(left, right, depth, same)
    if "set" in (gold.op, answer.op):
        left, right = _distinct(left, depth, same), _distinct(right, depth, same)
    return same_multiset(left, right, depth, same)


def _distinct(items: list[Node], depth: int, same: NodeComparison) -> list[Node]:
    found: list[Node] = []
    for item in items[:MAX_ITEMS]:
        if not any(same(item, other, depth + 1) for other in found):
            found.append(item)
    return found


def same_multiset(gold: Iterable[Node], answer: Iterable[Node], depth: int, same: NodeComparison) -> bool:
    """Whether the items are the same in any order, each as often."""
    left, right = list(gold), list(answer)
    if len(left) != len(right) or len(left) > MAX_ITEMS:
        return False
    for item in left:
        match = next((i for i, other in enumerate(right) if item == other), None)
        if match is None:
            match = next((i for i, other in enumerate(right) if same(item, other, depth + 1)), None)
        if match is None:
            return False
        del right[match]
    return True
