"""Whether two parsed answers mean the same. When in doubt, reject."""

from __future__ import annotations

from util.answers.lists import alternatives, flattened, same_collection, same_multiset, same_sequence
from util.answers.meaning import (
    AnswerParts,
    by_coordinate,
    named_value,
    parts_of,
    periodic,
    renamed,
    text_key,
    without_unit,
)
from util.answers.nodes import Node, has, number, replaced, symbols
from util.answers.realsets import as_set, looks_like_set, same_sets
from util.answers.relations import same_relation, same_structure, same_units
from util.answers.scalars import STRUCTURES, same_scalar


def same(gold: Node, answer: Node, depth: int = 0) -> bool:
    """Compare two answers of any kind, with their names, conditions and parameters.

    depth: how deep the two are inside other answers; beyond 8 they are different.
    """
    if gold == answer:
        return gold.op != "dots" or depth > 0
    if depth > 8:
        return False
    if (
        symbols(gold)
        and gold.op == answer.op == "rel"
        and set(gold.args[1::2]) == {"="} == set(answer.args[1::2])
        and same_relation(gold, answer, values_agree)
    ):
        return True
    if gold.op != "rel" and (total := named_value(answer, of_gold=False)) is not None:
        answer = total
    if answer.op != "rel" and (total := named_value(gold, of_gold=True)) is not None:
        gold = total
    gold, answer = by_coordinate(gold), by_coordinate(answer)
    left, right = parts_of(gold), _same_argument(parts_of(gold), parts_of(answer))
    if not _names_agree(left, right) or not _conditions_agree(left, right, depth):
        return False
    if left.domain and right.domain and left.domain != right.domain:
        return False
    parameters = left.parameters | right.parameters
    if parameters or (periodic(left.value) and periodic(right.value)):
        return _same_family(left.value, right.value, parameters, depth)
    return values_agree(left.value, right.value, depth)


def _names_agree(left: AnswerParts, right: AnswerParts) -> bool:
    """Whether the names are compatible: AB and AC are not, y and f(x) are, as their forms differ."""
    if not left.names or not right.names or set(left.names) & set(right.names):
        return True
    return not any(_form(a) == _form(b) and not _extends(a, b) for a in left.names for b in right.names)


def _form(name: Node) -> str:
    return "apply" if name.op == "fun" else name.op


def _extends(left: Node, right: Node) -> bool:
    """S and S_{ABC} are one name with and without its index; any two names in words are compatible."""
    if left.op == "text":
        return True
    if left.op != "sym":
        return False
    short, long = sorted((left.args[0], right.args[0]), key=len)
    return bool(
        long.startswith(f"{short}_")
        or (long.startswith(short) and "'" not in long and not long[len(short) :].isalnum())
    )


def _same_argument(left: AnswerParts, right: AnswerParts) -> AnswerParts:
    """Rename the argument of ``right`` as in ``left``: f(t) = t + 1 becomes f(x) = x + 1."""
    if len(left.names) == len(right.names) == 1 and left.names[0].op == right.names[0].op == "fun":
        a, b = left.names[0].args, right.names[0].args
        if (
            a[0] == b[0]
            and len(a) == len(b) == 2
            and a[1].op == b[1].op == "sym"
            and a[1] != b[1]
            and a[1].args[0] in symbols(left.value)
        ):
            value = replaced(right.value, b[1].args[0], a[1])
            return right._replace(names=left.names, value=value) if a[1].args[0] not in symbols(right.value) else right
    return right


def _conditions_agree(left: AnswerParts, right: AnswerParts, depth: int) -> bool:
    """Conditions on both sides must agree. A condition on one side may only say where the value is defined."""
    if left.conditions and right.conditions:
        return same_multiset(left.conditions, right.conditions, depth, same)
    harmless = ("!=", "∈", "∉")
    if any(
        condition.op == "where" or has(condition, "where", "cases")
        for condition in (*left.conditions, *right.conditions)
    ):
        return False  # one piece of a piecewise function
    # The answer may omit an inequality of the gold answer, but may not add one.
    parameters = left.parameters | right.parameters
    if any(symbols(c) & parameters for c in (*left.conditions, *right.conditions)):
        return False  # "k ≠ 0" removes solutions
    gold_ok = all(c.op == "rel" and set(c.args[1::2]) <= {*harmless, "<", ">", "<=", ">="} for c in left.conditions)
    answer_ok = all(c.op == "rel" and set(c.args[1::2]) <= set(harmless) for c in right.conditions)
    return gold_ok and answer_ok


def _same_family(gold: Node, answer: Node, parameters: frozenset[str], depth: int) -> bool:
    """Solutions with an integer parameter, which may have another name, be shifted, or be negated."""
    answer = renamed(gold, answer, parameters) or answer
    if values_agree(gold, answer, depth):
        return True
    shared = [name for name in parameters if name in symbols(gold) & symbols(answer)]
    if len(shared) != 1 or gold.op in STRUCTURES or has(gold, "pm", "mp"):
        return False
    symbol = Node("sym", (shared[0],))
    shifts = [
        Node("add", (side, number(shift))) for side in (symbol, Node("neg", (symbol,))) for shift in (-2, -1, 0, 1, 2)
    ]
    return any(values_agree(gold, replaced(answer, shared[0], shift), depth) for shift in shifts)


def values_agree(gold: Node, answer: Node, depth: int) -> bool:
    """Compare two answers without names and conditions."""
    if gold == answer:
        return True
    gold, answer = (_unwrapped(side, depth) for side in (gold, answer))
    if looks_like_set(gold) or looks_like_set(answer):
        verdict = _same_sets(gold, answer, depth)
        if verdict is not None:
            return verdict
    if has(gold, "pm", "mp") or has(answer, "pm", "mp"):
        return same_multiset(alternatives(gold), alternatives(answer), depth, same)
    kinds = {gold.op, answer.op}
    if kinds & {"list", "set", "group", "matrix"}:
        return same_collection(gold, answer, depth, same)
    if "text" in kinds:
        return kinds == {"text"} and text_key(gold.args[0]) == text_key(answer.args[0])
    if kinds & {"rel", "cong", "cases", "ratio", "based", "equal"}:
        return same_structure(gold, answer, depth, same, values_agree)
    if kinds & {"unit", "units"} or (kinds & STRUCTURES):
        return same_units(gold, answer, depth, same, values_agree)
    return same_scalar(gold, answer)


def _unwrapped(node: Node, depth: int) -> Node:
    """The item of a one-item set, a scaled matrix as one matrix, a degree or per cent word as its sign."""
    if node.op == "set" and len(node.args[0]) == 1 and node.args[0][0].op != "set" and depth == 0:
        inside: Node = node.args[0][0]
        return inside
    if node.op in ("mul", "div", "neg") and (matrix := _scaled_matrix(node)) is not None:
        return matrix
    return without_unit(node)[0] if node.op in ("unit", "neg") and without_unit(node)[1] == "" else node


def _scaled_matrix(node: Node) -> Node | None:
    """A number times a matrix, multiplied out; None for anything else."""
    if node.op == "neg":
        factors: list[Node] = [number(-1), node.args[0]]
    elif node.op == "div":
        factors = [Node("div", (number(1), node.args[1])), node.args[0]]
    else:
        factors = list(node.args)
    matrices = [item for item in factors if item.op == "matrix"]
    if len(matrices) != 1 or any(has(item, "matrix") for item in factors if item.op != "matrix"):
        return None
    scale = [item for item in factors if item.op != "matrix"]
    return Node("matrix", tuple(tuple(Node("mul", (*scale, cell)) for cell in row) for row in matrices[0].args))


def _same_sets(gold: Node, answer: Node, depth: int) -> bool | None:
    """Compare as sets of reals; None if they must be compared as lists instead."""
    left, right = as_set(gold), as_set(answer)
    if left is not None and right is not None:
        return same_sets(left, right)
    if gold.op == answer.op == "rel":
        return same_relation(gold, answer, values_agree)
    if gold.op == answer.op and gold.op in ("union", "inter"):
        return same_multiset(flattened(gold), flattened(answer), depth, same)
    if gold.op == answer.op == "group":
        return gold.args[:2] == answer.args[:2] and same_sequence(gold.args[2], answer.args[2], depth, same)
    if gold.op == answer.op and gold.op in ("setof", "minus"):
        return same_sequence(gold.args, answer.args, depth, same)
    return None if gold.op == answer.op == "list" else False
