"""Whether two parsed answers mean the same. Doubt is a no."""

from __future__ import annotations

from util.answers import lists, meaning, realsets, relations
from util.answers.meaning import Said, said, text_key, without_unit
from util.answers.nodes import Node, has, number, replaced, symbols
from util.answers.scalars import STRUCTURES, same_scalar


def same(gold: Node, answer: Node, depth: int = 0) -> bool:
    """Compare two answers of any kind."""
    if gold == answer:
        return gold.op != "dots" or depth > 0
    if depth > 8:
        return False
    if (
        symbols(gold)
        and gold.op == answer.op == "rel"
        and set(gold.args[1::2]) == {"="} == set(answer.args[1::2])
        and relations.same_relation(gold, answer)
    ):
        return True
    if gold.op != "rel" and (total := meaning.named_value(answer, of_gold=False)) is not None:
        answer = total
    if answer.op != "rel" and (total := meaning.named_value(gold, of_gold=True)) is not None:
        gold = total
    gold, answer = meaning.spread(gold), meaning.spread(answer)
    left, right = said(gold), _same_argument(said(gold), said(answer))
    if not _names_agree(left, right) or not _conditions_agree(left, right, depth):
        return False
    if left.domain and right.domain and left.domain != right.domain:
        return False
    parameters = left.parameters | right.parameters
    if parameters or (meaning.periodic(left.value) and meaning.periodic(right.value)):
        return _same_family(left.value, right.value, parameters, depth)
    return same_value(left.value, right.value, depth)


def _names_agree(left: Said, right: Said) -> bool:
    """Names of one form must be equal: x and y, AB and AC, f(2) and f(3); y may stand for f(x)."""
    if not left.names or not right.names or set(left.names) & set(right.names):
        return True
    return not any(_form(a) == _form(b) and not _extends(a, b) for a in left.names for b in right.names)


def _form(name: Node) -> str:
    return "apply" if name.op == "fun" else name.op


def _extends(left: Node, right: Node) -> bool:
    """S and S_{ABC}: one name with and without its index; two texts say what they like."""
    if left.op == "text":
        return True
    if left.op != "sym":
        return False
    short, long = sorted((left.args[0], right.args[0]), key=len)
    return bool(
        long.startswith(f"{short}_")
        or (long.startswith(short) and "'" not in long and not long[len(short) :].isalnum())
    )


def _same_argument(left: Said, right: Said) -> Said:
    """f(t) = t + 1 written as f(x) = x + 1, where the other side calls its argument x."""
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


def _conditions_agree(left: Said, right: Said, depth: int) -> bool:
    """Two conditions must agree. One side's alone is a remark if it only says where things are defined."""
    if left.conditions and right.conditions:
        return lists.same_multiset(left.conditions, right.conditions, depth)
    harmless = ("!=", "∈", "∉")
    if any(
        condition.op == "where" or has(condition, "where", "cases")
        for condition in (*left.conditions, *right.conditions)
    ):
        return False  # another piece of a function by cases
    # What the gold demands and the answer leaves out may be an inequality; what the answer adds may not.
    parameters = left.parameters | right.parameters
    if any(symbols(c) & parameters for c in (*left.conditions, *right.conditions)):
        return False  # "k ≠ 0" takes solutions away
    gold_ok = all(c.op == "rel" and set(c.args[1::2]) <= {*harmless, "<", ">", "<=", ">="} for c in left.conditions)
    answer_ok = all(c.op == "rel" and set(c.args[1::2]) <= set(harmless) for c in right.conditions)
    return gold_ok and answer_ok


def _same_family(gold: Node, answer: Node, parameters: frozenset[str], depth: int) -> bool:
    """Solutions with an integer parameter: k may be called n, be shifted, or run backwards."""
    answer = meaning.renamed(gold, answer, parameters) or answer
    if same_value(gold, answer, depth):
        return True
    shared = [name for name in parameters if name in symbols(gold) & symbols(answer)]
    if len(shared) != 1 or gold.op in STRUCTURES or has(gold, "pm", "mp"):
        return False
    symbol = Node("sym", (shared[0],))
    shifts = [
        Node("add", (side, number(shift))) for side in (symbol, Node("neg", (symbol,))) for shift in (-2, -1, 0, 1, 2)
    ]
    return any(same_value(gold, replaced(answer, shared[0], shift), depth) for shift in shifts)


def same_value(gold: Node, answer: Node, depth: int) -> bool:
    if gold == answer:
        return True
    gold, answer = (_unwrapped(side, depth) for side in (gold, answer))
    if realsets.looks_like_set(gold) or realsets.looks_like_set(answer):
        verdict = _same_sets(gold, answer, depth)
        if verdict is not None:
            return verdict
    if has(gold, "pm", "mp") or has(answer, "pm", "mp"):
        return lists.same_multiset(lists.items(gold), lists.items(answer), depth)
    kinds = {gold.op, answer.op}
    if kinds & {"list", "set", "group", "matrix"}:
        return lists.same_collection(gold, answer, depth)
    if "text" in kinds:
        return kinds == {"text"} and text_key(gold.args[0]) == text_key(answer.args[0])
    if kinds & {"rel", "cong", "cases", "ratio", "based", "equal"}:
        return relations.same_structure(gold, answer, depth)
    if kinds & {"unit", "units"} or (kinds & STRUCTURES):
        return relations.same_units(gold, answer, depth)
    return same_scalar(gold, answer)


def _unwrapped(node: Node, depth: int) -> Node:
    """A list or set of one item is that item; degrees written as a word are degrees."""
    if node.op == "set" and len(node.args[0]) == 1 and node.args[0][0].op != "set" and depth == 0:
        inside: Node = node.args[0][0]
        return inside
    if node.op in ("mul", "div", "neg") and (matrix := _scaled_matrix(node)) is not None:
        return matrix
    return without_unit(node)[0] if node.op in ("unit", "neg") and without_unit(node)[1] == "" else node


def _scaled_matrix(node: Node) -> Node | None:
    """A number times a matrix as one matrix; None for anything else."""
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
    """As sets of reals; None where one of them is none that can be computed."""
    left, right = realsets.as_set(gold), realsets.as_set(answer)
    if left is not None and right is not None:
        return realsets.same_sets(left, right)
    if gold.op == answer.op == "rel":
        return relations.same_relation(gold, answer)
    if gold.op == answer.op and gold.op in ("union", "inter"):
        return lists.same_multiset(lists.flattened(gold), lists.flattened(answer), depth)
    if gold.op == answer.op == "group":
        return gold.args[:2] == answer.args[:2] and lists.same_sequence(gold.args[2], answer.args[2], depth)
    if gold.op == answer.op and gold.op in ("setof", "minus"):
        return lists.same_sequence(gold.args, answer.args, depth)
    return None if gold.op == answer.op == "list" else False
