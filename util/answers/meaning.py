"""The parts of a parsed answer: value, names, units, conditions, parameters."""

from __future__ import annotations

import itertools
import re
from typing import Any, NamedTuple

from util.answers.nodes import IMAGINARY, Node, has, number, replaced, symbols, walk
from util.answers.units import KNOWN
from util.answers.words import REFUSED, SAME_TEXT

INTEGERS = frozenset(["set Z", "set N", "Z", "N"])
MAX_COORDINATES = 6
_ASKED_FOR = frozenset(["sin", "cos", "tan", "max", "min", "gcd", "abs", "norm", "log", "ln"])
"""Functions whose value a question may ask for."""

_PARAMETERS = frozenset("knml")


class AnswerParts(NamedTuple):
    """The parts of an answer: its value, its names (x in "x = 3"), integer parameters, other conditions."""

    value: Node
    names: tuple[Node, ...] = ()
    parameters: frozenset[str] = frozenset()
    domain: str = ""
    conditions: tuple[Node, ...] = ()


def parts_of(node: Node) -> AnswerParts:
    """Split an answer into its parts."""
    parameters, conditions, domain = set[str](), list[Node](), ""
    while node.op in ("where", "list"):
        if node.op == "where":
            node, *extra = node.args
        else:
            node, extra = _without_domains(node)
            if not extra:
                break
        for condition in _flat(extra):
            if integers := integer_parameters(condition):
                parameters |= integers
                domain = condition.args[2].args[0].removeprefix("set ") if condition.op == "rel" else "Z"
            else:
                conditions.append(condition)
    names, value = named(node)
    return AnswerParts(value, names, frozenset(parameters), domain, tuple(conditions))


def _flat(nodes: list[Node]) -> list[Node]:
    return [item for node in nodes for item in (node.args[1] if node.op == "list" else (node,))]


def _without_domains(node: Node) -> tuple[Node, list[Node]]:
    """A list without trailing conditions such as "k ∈ Z", and those conditions."""
    words, items = node.args
    kept = list(items)
    extra: list[Node] = []
    while len(kept) > 1 and (integer_parameters(kept[-1]) or _restricts(kept[-1], kept[0])):
        extra.append(kept.pop())
    return (kept[0] if len(kept) == 1 else Node("list", (words, tuple(kept)))), extra


def _restricts(condition: Node, first: Node) -> bool:
    """Whether an item is a condition on the first one: "x ≠ 1" or "x > 0" after an expression in x."""
    orders = {"!=", "<", ">", "<=", ">="}
    if condition.op != "rel" or not set(condition.args[1::2]) <= orders:
        return False
    if first.op == "rel" and set(first.args[1::2]) & orders:
        return False
    return bool(symbols(condition)) and symbols(condition) <= symbols(first)


def integer_parameters(node: Node) -> set[str]:
    """Names that a condition declares to be integers: "k ∈ Z", "n an integer"."""
    if node.op == "rel" and node.args[1] == "∈" and node.args[2].op == "sym" and node.args[2].args[0] in INTEGERS:
        target = node.args[0]
        items = target.args[1] if target.op == "list" else (target,)
        return {item.args[0] for item in items if item.op == "sym"}
    if node.op == "unit" and node.args[0].op == "sym" and re.fullmatch(r"(is |an |any )*integer", node.args[1]):
        return {node.args[0].args[0]}
    return set()


def named(node: Node) -> tuple[tuple[Node, ...], Node]:
    """(names, value) of "x = 3", "f(x) = x + 1", "|AB| = 5", "x ∈ {1, 2}"; ((), node) for others.

    The value of "x = 1/3 ≈ 0.33" is its exact part.
    """
    if node.op != "rel":
        return (), node
    parts = list(node.args)
    while "=>" in parts:
        parts = parts[parts.index("=>") + 1 :]
    if "≈" in parts:
        cut = parts.index("≈")
        if cut > 1 or not is_name(parts[0]):
            parts = parts[:cut]
        else:
            parts[cut] = "="
    if len(parts) == 1:
        return (), parts[0]
    if len(parts) == 3 and parts[1] == "∈" and is_name(parts[0]):
        return (parts[0],), parts[2]
    if any(operator != "=" for operator in parts[1::2]):
        return (), Node("rel", tuple(parts))
    sides = parts[0::2]
    names = []
    while len(sides) > 1 and is_name(sides[0]) and not (_own_symbols(sides[0]) & symbols(sides[-1])):
        names.append(sides.pop(0))
    if not names and len(sides) == 2 and is_name(sides[1]) and not (_own_symbols(sides[1]) & symbols(sides[0])):
        names.append(sides.pop())
    if not names:
        # A calculation: "2 + 3 = 5". Every equation must hold; the caller compares the sides.
        return (), Node("rel", tuple(parts))
    value = sides[0] if len(sides) == 1 else Node("equal", tuple(sides))
    return tuple(names), value


def _own_symbols(name: Node) -> set[str]:
    """Symbols that the name contains, except the arguments of f(x)."""
    return set() if name.op == "fun" and str(name.args[0]).startswith("apply") else symbols(name)


def is_name(node: Node) -> bool:
    """Whether this can name the quantity that the question asks for: a symbol, f(x), AB, |AB|, (x, y), words."""
    if node.op in ("sym", "text"):
        return not (node.op == "sym" and node.args[0].startswith("set "))
    if node.op == "const":
        return node.args[0] == "e" or node == IMAGINARY
    if node.op == "fun":
        if str(node.args[0]).startswith("apply "):
            return True
        return node.args[0] in ("abs", "norm") and _letters(node.args[1])
    if node.op == "group":
        return all(item.op == "sym" for item in node.args[2])
    if node.op == "mul" and len(node.args) == 2 and node.args[0].op == "text":
        return is_name(node.args[1]) and not set(re.findall(r"[a-z']+", node.args[0].args[0].lower())) & REFUSED
    # P(A), S(n): a capital before parentheses; AB: a segment.
    if node.op == "mul" and len(node.args) == 2 and node.args[0].op == "sym" and node.args[0].args[0].isupper():
        return node.args[1].op in ("sym", "num", "group") or _letters(node.args[1])
    return _letters(node)


def _letters(node: Node) -> bool:
    """Whether this is a product of capital letters, as in the names of segments."""
    items = node.args if node.op == "mul" else (node,)
    return len(items) <= 6 and all(item.op == "sym" and item.args[0][0].isupper() for item in items)


def named_value(node: Node, *, of_gold: bool) -> Node | None:
    """26 of "m + n = 26", which answers "find m + n"; None for other equations.

    of_gold: a gold answer names what was asked for, so more left-hand sides are accepted as names.
    """
    if node.op != "rel" or len(node.args) != 3 or node.args[1] != "=" or symbols(node.args[2]):
        return None
    left, _, value = node.args
    items = left.args if left.op in ("add", "mul") else (left,)
    if left.op in ("add", "mul") and all(item.op == "sym" or (item.op == "mul" and _letters(item)) for item in items):
        return value  # type: ignore[no-any-return]
    if of_gold and (left.op == "div" or (left.op == "fun" and left.args[0] in _ASKED_FOR)):
        return value if not has(left, "num") else None  # type: ignore[no-any-return]
    return None


def by_coordinate(node: Node) -> Node:
    """(x, y) = (1, 2) as the list x = 1, y = 2; other nodes unchanged."""
    if node.op != "rel" or len(node.args) != 3 or node.args[1] != "=":
        return node
    left, _, right = node.args
    if left.op != "group" or right.op != "group" or len(left.args[2]) != len(right.args[2]):
        return node
    if not all(item.op == "sym" for item in left.args[2]):
        return node
    pairs = zip(left.args[2], right.args[2], strict=True)
    return Node("list", ("and", tuple(Node("rel", (name, "=", value)) for name, value in pairs)))


def expanded(node: Node) -> tuple[Node, ...]:
    """The values of a node with plus-minus signs: two, or one per choice of signs in a tuple; else the node."""
    if not has(node, "pm", "mp"):
        return (node,)
    if node.op == "group" and sum(has(item, "pm", "mp") for item in node.args[2]) > 1:
        # Each coordinate has its own sign.
        choices = itertools.product(*(expanded(item) for item in node.args[2][:MAX_COORDINATES]))
        return tuple(Node("group", (*node.args[:2], choice)) for choice in choices)
    return _signs(node, True), _signs(node, False)


def _signs(node: Node, plus: bool) -> Node:
    if node.op in ("pm", "mp"):
        left, right = node.args
        right = _signs(right, plus)
        positive = plus is (node.op == "pm")
        if left is None:
            return right if positive else Node("neg", (right,))
        return Node("add", (_signs(left, plus), right if positive else Node("neg", (right,))))
    return Node(node.op, tuple(_signs_in(item, plus) for item in node.args))


def _signs_in(item: Any, plus: bool) -> Any:
    if isinstance(item, Node):
        return _signs(item, plus)
    return tuple(_signs_in(part, plus) for part in item) if isinstance(item, tuple) else item


def without_unit(node: Node) -> tuple[Node, str]:
    """A value and its unit; degrees and per cent in words become signs."""
    if node.op == "units":
        first, rest = node.args
        value, unit = without_unit(first)
        more, smaller = without_unit(rest)
        if unit in KNOWN and smaller in KNOWN and KNOWN[unit][1] == KNOWN[smaller][1]:
            scale = KNOWN[smaller][0] / KNOWN[unit][0]
            return Node("add", (value, Node("mul", (more, number(scale))))), unit
        return node, ""
    if node.op == "neg" and node.args[0].op == "unit":
        value, unit = without_unit(node.args[0])
        return Node("neg", (value,)), unit
    if node.op != "unit":
        return node, ""
    value, unit = node.args
    known = KNOWN.get(unit.strip(". "))
    if known is not None and known[1] == "degree":
        return Node("deg", (value,)), ""
    if known is not None and known[1] == "percent":
        return Node("pct", (value,)), ""
    if known is not None and known[1] == "radian":
        return Node("rad", (value,)), ""
    return value, unit


def without_sign(node: Node, op: str) -> Node | None:
    """The number before a sign (per cent or degrees); None if the outermost node has no such sign."""
    if node.op == op:
        inside: Node = node.args[0]
        return inside
    if node.op == "neg" and (inner := without_sign(node.args[0], op)) is not None:
        return Node("neg", (inner,))
    return None


def text_key(words: str) -> str:
    """The key of a text answer: its letters and digits, the same for synonyms."""
    words = re.sub(r"^\s*(?:an?|the|there (?:is|are)|it is|it's)\s+", "", words.casefold())
    key = re.sub(r"[^\w]|_", "", words)
    return SAME_TEXT.get(key, key)


def _has_pi(node: Node) -> bool:
    return any(item == Node("const", ("pi",)) for item in walk(node))


def periodic(node: Node) -> bool:
    """Whether a value looks like "π/3 + 2kπ": an angle with one letter that counts turns."""
    return (
        node.op in ("add", "pm", "mp", "mul")
        and len(symbols(node)) == 1
        and symbols(node) <= _PARAMETERS
        and (has(node, "deg") or _has_pi(node))
    )


def renamed(left: Node, right: Node, parameters: frozenset[str]) -> Node | None:
    """``right`` with its integer parameter renamed as in ``left``; None unless each side has exactly one of its own."""
    mine, other = symbols(left) - symbols(right), symbols(right) - symbols(left)
    if len(mine) != 1 or len(other) != 1:
        return None
    (a,), (b,) = mine, other
    if not {a, b} & parameters and not (
        {a, b} <= _PARAMETERS and all(has(side, "deg") or _has_pi(side) for side in (left, right))
    ):
        return None
    if not {a, b} <= parameters | _PARAMETERS:
        return None
    return replaced(right, b, Node("sym", (a,)))
