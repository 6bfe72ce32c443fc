"""Whether two parsed answers mean the same. Doubt is a no."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from util.answers import meaning, numeric, realsets
from util.answers.exact import constant_ratio, exact, same_residues
from util.answers.meaning import Said, expanded, plain, said, text_key, without_unit
from util.answers.nodes import INFINITY, Node, has, number, replaced, symbols
from util.answers.rounding import rounds
from util.answers.units import conversion, parse_unit

MAX_ITEMS = 200
_STRUCTURES = frozenset(
    ["group", "set", "setof", "matrix", "union", "inter", "minus", "rel", "cong", "list", "ratio", "where", "text", "dots",
     "cases", "based", "equal", "units"]
)  # fmt: skip


def same(gold: Node, answer: Node, depth: int = 0) -> bool:
    """Compare two answers of any kind."""
    if gold == answer:
        return not has(gold, "dots") or depth > 0 or gold.op != "dots"
    if depth > 8:
        return False
    if (
        symbols(gold)
        and gold.op == answer.op == "rel"
        and set(gold.args[1::2]) == {"="} == set(answer.args[1::2])
        and _same_relation(gold, answer)
    ):
        return True
    if gold.op != "rel" and (total := meaning.sum_of_names(answer)) is not None:
        answer = total
    left, right = said(gold), _same_argument(said(gold), said(answer))
    if not _names_agree(left, right) or not _conditions_agree(left, right, depth):
        return False
    parameters = left.parameters | right.parameters
    if parameters or (meaning.periodic(left.value) and meaning.periodic(right.value)):
        return _same_family(left.value, right.value, parameters, depth)
    return _same_value(left.value, right.value, depth)


# -- names and conditions ----------------------------------------------------------


def _names_agree(left: Said, right: Said) -> bool:
    """Names matter only where both sides name plain variables, and different ones."""
    if not left.names or not right.names or set(left.names) & set(right.names):
        return True
    plain_names = [name for name in (*left.names, *right.names) if name.op == "sym" and len(name.args[0]) == 1]
    lower = [name for name in plain_names if name.args[0].islower()]
    return len(lower) < len(left.names) + len(right.names)


def _same_argument(left: Said, right: Said) -> Said:
    """f(t) = t + 1 written as f(x) = x + 1, where the other side calls its argument x."""
    if len(left.names) == len(right.names) == 1 and left.names[0].op == right.names[0].op == "fun":
        a, b = left.names[0].args, right.names[0].args
        if a[0] == b[0] and len(a) == len(b) == 2 and a[1].op == b[1].op == "sym" and a[1] != b[1]:
            value = replaced(right.value, b[1].args[0], a[1])
            return right._replace(names=left.names, value=value) if a[1].args[0] not in symbols(right.value) else right
    return right


def _conditions_agree(left: Said, right: Said, depth: int) -> bool:
    """A condition that only one side states ("x ≠ 2") is a remark; two must agree."""
    if not left.conditions or not right.conditions:
        return True
    return _same_multiset(left.conditions, right.conditions, depth)


def _same_family(gold: Node, answer: Node, parameters: frozenset[str], depth: int) -> bool:
    """Solutions with an integer parameter: k may be called n, be shifted, or run backwards."""
    answer = meaning.renamed(gold, answer, parameters) or answer
    if _same_value(gold, answer, depth):
        return True
    shared = [name for name in parameters if name in symbols(gold) & symbols(answer)]
    if len(shared) != 1 or gold.op in _STRUCTURES or has(gold, "pm", "mp"):
        return False
    symbol = Node("sym", (shared[0],))
    shifts = [
        Node("add", (side, number(shift))) for side in (symbol, Node("neg", (symbol,))) for shift in (-2, -1, 0, 1, 2)
    ]
    return any(_same_value(gold, replaced(answer, shared[0], shift), depth) for shift in shifts)


# -- kinds ---------------------------------------------------------------------------


def _same_value(gold: Node, answer: Node, depth: int) -> bool:
    if gold == answer:
        return True
    gold, answer = (_unwrapped(side) for side in (gold, answer))
    if realsets.looks_like_set(gold) or realsets.looks_like_set(answer):
        verdict = _same_sets(gold, answer, depth)
        if verdict is not None:
            return verdict
    if has(gold, "pm", "mp") or has(answer, "pm", "mp"):
        return _same_multiset(_items(gold), _items(answer), depth)
    kinds = {gold.op, answer.op}
    if kinds & {"list", "set", "group", "matrix"}:
        return _same_collection(gold, answer, depth)
    if "text" in kinds:
        return kinds == {"text"} and text_key(gold.args[0]) == text_key(answer.args[0])
    if kinds & {"rel", "cong", "cases", "ratio", "based", "equal"}:
        return _same_structure(gold, answer, depth)
    if kinds & {"unit", "units"} or (kinds & _STRUCTURES):
        return _same_units(gold, answer, depth)
    return same_scalar(gold, answer)


def _unwrapped(node: Node) -> Node:
    """A list or set of one item is that item; degrees written as a word are degrees."""
    if node.op == "set" and len(node.args[0]) == 1 and node.args[0][0].op != "set":
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
        return _same_relation(gold, answer)
    if gold.op == answer.op and gold.op in ("union", "inter"):
        return _same_multiset(_flattened(gold), _flattened(answer), depth)
    if gold.op == answer.op == "group":
        return gold.args[:2] == answer.args[:2] and _same_sequence(gold.args[2], answer.args[2], depth)
    if gold.op == answer.op and gold.op in ("setof", "minus"):
        return _same_sequence(gold.args, answer.args, depth)
    return None if gold.op == answer.op == "list" else False


def _flattened(node: Node) -> list[Node]:
    return [leaf for side in node.args for leaf in (_flattened(side) if side.op == node.op else [side])]


def _items(node: Node) -> list[Node]:
    """The alternatives of an answer: items of a list or set, each plus-minus written out."""
    raw: Iterable[Node] = [node]
    if node.op == "list":
        raw = node.args[1]
    elif node.op == "set":
        raw = node.args[0]
    return [choice for item in raw for choice in _expanded_item(item)]


def _expanded_item(item: Node) -> tuple[Node, ...]:
    """The choices of one item; a name stays in front of each."""
    return expanded(item)


def _same_collection(gold: Node, answer: Node, depth: int) -> bool:
    if {gold.op, answer.op} <= {"list", "set"}:
        return _same_lists(gold, answer, depth)
    left, right = _ordered(gold), _ordered(answer)
    if left is not None and right is not None:
        return left[0] == right[0] and _same_sequence(left[1], right[1], depth)
    if gold.op == answer.op == "matrix":
        return len(gold.args) == len(answer.args) and all(
            _same_sequence(a, b, depth) for a, b in zip(gold.args, answer.args, strict=True)
        )
    for one, other in ((left, answer), (right, gold)):
        if one is not None and other.op == "list" and one[0] == "tuple":
            return _tuple_and_list(one[1], other, depth)
    if "set" in (gold.op, answer.op) and "text" in (gold.op, answer.op):
        text, other = (gold, answer) if gold.op == "text" else (answer, gold)
        return other.args == ((),) and text_key(text.args[0]) == "emptyset"
    return False


def _ordered(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    """(kind, items) of tuples, vectors and one-column matrices; brackets of another kind differ."""
    if node.op == "matrix":
        if all(len(row) == 1 for row in node.args):
            return "tuple", tuple(row[0] for row in node.args)
        return ("tuple", node.args[0]) if len(node.args) == 1 else None
    if node.op == "group":
        left, right, items = node.args
        return ("tuple" if (left, right) in (("(", ")"), ("⟨", "⟩")) else left + right), tuple(items)
    return None


def _tuple_and_list(items: tuple[Node, ...], other: Node, depth: int) -> bool:
    """(1, 2, 3) and "1, 2, 3": the same where the tuple can be no interval, or each is named."""
    listed = other.args[1]
    names = [said(item).names for item in listed]
    if not all(names) and len(items) == 2:
        return False
    return _same_sequence(items, listed, depth)


def _same_sequence(gold: Iterable[Node], answer: Iterable[Node], depth: int) -> bool:
    left, right = list(gold), list(answer)
    return len(left) == len(right) <= MAX_ITEMS and all(same(a, b, depth + 1) for a, b in zip(left, right, strict=True))


def _same_lists(gold: Node, answer: Node, depth: int) -> bool:
    left, right = (_items(side) for side in (gold, answer))
    names = [[said(item).names[0] if said(item).names else None for item in side] for side in (left, right)]
    if all(len(set(side)) == len(side) and None not in side for side in names):
        # All are named, each differently: x = 1, y = 2.
        if set(names[0]) != set(names[1]):
            return False
        by_name = dict(zip(names[1], right, strict=True))
        return all(same(item, by_name[name], depth + 1) for name, item in zip(names[0], left, strict=True))
    for side in (0, 1):
        if len(set(names[side])) == len(names[side]) > 1 and None not in names[side] and None in names[1 - side]:
            return _same_sequence(left, right, depth)
    if "set" in (gold.op, answer.op):
        left, right = _distinct(left, depth), _distinct(right, depth)
    return _same_multiset(left, right, depth)


def _distinct(items: list[Node], depth: int) -> list[Node]:
    found: list[Node] = []
    for item in items[:MAX_ITEMS]:
        if not any(same(item, other, depth + 1) for other in found):
            found.append(item)
    return found


def _same_multiset(gold: Iterable[Node], answer: Iterable[Node], depth: int) -> bool:
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


def _same_structure(gold: Node, answer: Node, depth: int) -> bool:
    kinds = {gold.op, answer.op}
    if "based" in kinds:
        if gold.op == answer.op:
            return False  # equal ones were found before
        based, other = (gold, answer) if gold.op == "based" else (answer, gold)
        # Digits without the base: the question said which.
        return bool(based.args[0].isdigit() and other == number(int(based.args[0])))
    if "equal" in kinds:
        one, other = (gold, answer) if gold.op == "equal" else (answer, gold)
        if other.op == "equal" or not _consistent(one.args):
            return False
        pairs = [(part, other) if one is gold else (other, part) for part in one.args]
        return any(_same_value(left, right, depth) for left, right in pairs)
    if gold.op == answer.op == "rel":
        return _same_relation(gold, answer)
    if "rel" in kinds:
        relation, other = (gold, answer) if gold.op == "rel" else (answer, gold)
        sides = relation.args[0::2]
        if set(relation.args[1::2]) != {"="} or symbols(relation) or not _consistent(sides):
            return False
        return same_scalar(*((sides[-1], other) if relation is gold else (other, sides[-1])))
    if "cong" in kinds:
        return _same_congruence(gold, answer)
    if gold.op == answer.op == "cases":
        return _same_cases(gold, answer, depth)
    if "ratio" in kinds:
        return _same_ratio(gold, answer)
    return False


def _consistent(parts: Iterable[Node]) -> bool:
    """Whether the sides of "2 + 3 = 5 = 5.0" really are equal, rounding aside."""
    first, *rest = parts
    return all(same_scalar(first, other) or same_scalar(other, first) for other in rest)


def _same_relation(gold: Node, answer: Node) -> bool:
    """Equations up to a constant factor, inequalities up to a positive one."""
    if len(gold.args) != len(answer.args):
        return False
    if len(gold.args) > 3:
        return _same_chain(gold, answer)
    flip = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    a, operator, b = gold.args
    c, other, d = answer.args
    if other == flip.get(operator) and operator != other:
        c, d, other = d, c, operator
    if operator != other or operator not in ("=", "<", ">", "<=", ">=", "!="):
        return operator == other and _same_value(a, c, 9) and _same_value(b, d, 9)
    if any(item.op in _STRUCTURES or item == INFINITY for item in (a, b, c, d)):
        return (_same_value(a, c, 7) and _same_value(b, d, 7)) or (
            operator == "=" and _same_value(a, d, 7) and _same_value(b, c, 7)
        )
    left, right = (Node("add", (x, Node("neg", (y,)))) for x, y in ((a, b), (c, d)))
    if symbols(left) != symbols(right):
        return False
    if operator in ("=", "!=") and (verdict := constant_ratio(left, right)) is not None:
        return bool(verdict)
    ratios = numeric.ratio_at_points(left, right)
    if ratios is None or not all(numeric.close(ratios[0], ratio, numeric.SAME) for ratio in ratios):
        return False
    return operator in ("=", "!=") or bool(ratios[0].imag == 0 and ratios[0].real > 0)


def _same_chain(gold: Node, answer: Node) -> bool:
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
    parts = list(answer.args)
    if parts[1::2] != list(gold.args[1::2]):
        parts = [turned.get(part, part) if isinstance(part, str) else part for part in reversed(parts)]
    if parts[1::2] != list(gold.args[1::2]):
        return False
    return all(_same_value(a, b, 7) for a, b in zip(gold.args[0::2], parts[0::2], strict=True))


def _same_congruence(gold: Node, answer: Node) -> bool:
    if gold.op != answer.op:
        # "2 (mod 9)" for 2: the residue itself, with its modulus.
        congruence, value = (gold, answer) if gold.op == "cong" else (answer, gold)
        return congruence.args[0] is None and same_scalar(congruence.args[1], value)
    (name, a, m), (other, b, k) = gold.args, answer.args
    if (name is not None and other is not None and name != other) or not same_scalar(m, k):
        return False
    values = [exact(node) for node in (a, b, m)]
    if any(value is None or value.denominator != 1 for value in values) or values[2] == 0:
        return same_scalar(a, b)
    return (values[0] - values[1]) % values[2] == 0  # type: ignore[operator]


def _same_cases(gold: Node, answer: Node, depth: int) -> bool:
    """Piecewise functions: the pieces in any order; "otherwise" may stand for one of them."""
    left, right = list(gold.args), list(answer.args)
    if len(left) != len(right):
        return False
    for value, condition in left:
        match = next(
            (
                i
                for i, (other, its) in enumerate(right)
                if same(value, other, depth + 1) and (number(1) in (condition, its) or same(condition, its, depth + 1))
            ),
            None,
        )
        if match is None:
            return False
        del right[match]
    return True


def _same_ratio(gold: Node, answer: Node) -> bool:
    left, right = (side.args[0] if side.op == "ratio" else None for side in (gold, answer))
    if left is None or right is None:
        ratio, other = (left, answer) if left is not None else (right, gold)
        return ratio is not None and len(ratio) == 2 and same_scalar(Node("div", ratio), other)
    return len(left) == len(right) and all(
        same_scalar(Node("mul", (a, right[0])), Node("mul", (left[0], b)))
        for a, b in zip(left[1:], right[1:], strict=True)
    )


def _same_units(gold: Node, answer: Node, depth: int) -> bool:
    """Numbers with units: known ones are converted, unknown ones do not matter."""
    (left, unit), (right, other) = without_unit(gold), without_unit(answer)
    if left.op in ("unit", "units", "text") or right.op in ("unit", "units", "text"):
        return False
    factor: Fraction | None = Fraction(1)
    if unit and other:
        factor = conversion(unit, other)
        if symbols(left) and symbols(right) and _predicate(unit) != _predicate(other) and parse_unit(unit) is None:
            return False  # "n even" and "n odd"
    if factor is None:
        return False
    if factor != 1:
        right = Node("mul", (right, number(factor)))
    return _same_value(left, right, depth + 1) if depth < 8 else False


def _predicate(words: str) -> str:
    return text_key(re.sub(r"^(?:is|are|an?|the) ", "", words.strip()))


# -- scalars ------------------------------------------------------------------------------


def same_scalar(gold: Node, answer: Node) -> bool:
    """Compare two values; a sign of per cent or degrees on one side alone may be left out."""
    if _equal(gold, answer):
        return True
    for op in ("pct", "deg"):
        left, right = plain(gold, op), plain(answer, op)
        if (left is None) != (right is None):
            return _equal(left or gold, right or answer)
        if left is not None and right is not None:
            return _equal(left, right)
    return False


def _equal(gold: Node, answer: Node) -> bool:
    if gold == answer:
        return True
    if any(side.op in _STRUCTURES or side == INFINITY or side.op == "unit" for side in (gold, answer)):
        return False
    expected, given = exact(gold), exact(answer)
    if expected is not None and given is not None:
        return expected == given or _rounds(gold, answer, expected, given)
    names, others = symbols(gold), symbols(answer)
    verdict = same_residues(gold, answer)
    if verdict is None:
        verdict = numeric.same_values(gold, answer)
    if verdict:
        return True
    if names or others:
        return False
    values = [value if value is not None else _as_fraction(side) for value, side in ((expected, gold), (given, answer))]
    return None not in values and _rounds(gold, answer, *values)


def _as_fraction(node: Node) -> Any:
    value = numeric.real_value(node)
    return None if value is None else numeric.as_fraction(value)


def _rounds(gold: Node, answer: Node, expected: Fraction, given: Fraction) -> bool:
    return rounds(expected, _places(gold), given, _places(answer))


def _places(node: Node) -> int | None:
    while node.op in ("neg", "pct", "deg"):
        node = node.args[0]
    if node.op != "num":
        return None
    places: int | None = node.args[1]
    return places
