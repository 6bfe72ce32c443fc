"""The parts of a parsed answer: value, names, conditions, parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node
from util.answers.syntax.tree import ORDERS, has, symbols, walk
from util.answers.syntax.vocabulary import REFUSED

_ASKED_FOR = frozenset(["sin", "cos", "tan", "max", "min", "gcd", "abs", "norm", "log", "ln"])
"""Functions whose value a question may ask for."""
_INTEGER_WORDS = re.compile(r"(is |an |any )*integer")
_MOST_LETTERS = 6


@dataclass(frozen=True)
class Parts:
    """The parts of an answer: its value, its names (x in "x = 3"), integer parameters, other conditions.

    domain: the set that the parameters are in, "" where none is named.
    """

    value: Node
    names: tuple[Node, ...] = ()
    parameters: frozenset[str] = frozenset()
    domain: str = ""
    conditions: tuple[Node, ...] = ()


def parts_of(node: Node) -> Parts:
    """Split an answer into its parts."""
    parameters, conditions, domain = set[str](), list[Node](), ""
    while isinstance(node, (nodes.Where, nodes.Listing)):
        if isinstance(node, nodes.Where):
            extra = [node.condition]
            node = node.value
        else:
            node, extra = _without_domains(node)
            if not extra:
                break
        for condition in (
            item for part in extra for item in (part.items if isinstance(part, nodes.Listing) else (part,))
        ):
            integers, inside = integer_parameters(condition)
            parameters |= integers
            domain = inside or domain
            if not integers:
                conditions.append(condition)
    names, value = named(node)
    return Parts(value, names, frozenset(parameters), domain, tuple(conditions))


def _without_domains(node: nodes.Listing) -> tuple[Node, list[Node]]:
    """A list without trailing conditions such as "k ∈ Z", and those conditions."""
    kept, extra = list(node.items), list[Node]()
    while len(kept) > 1 and (integer_parameters(kept[-1])[0] or _restricts(kept[-1], kept[0])):
        extra.append(kept.pop())
    return (kept[0] if len(kept) == 1 else nodes.Listing(node.word, tuple(kept))), extra


def _restricts(condition: Node, first: Node) -> bool:
    """Whether an item is a condition on the first one: "x ≠ 1" or "x > 0" after an expression in x."""
    restricting = ORDERS | {"!=", "∈"}
    if not isinstance(condition, nodes.Relation) or not set(condition.operators) <= restricting:
        return False
    if isinstance(first, nodes.Relation) and set(first.operators) & (ORDERS | {"!="}) and condition.operators != ("∈",):
        return False
    return bool(symbols(condition)) and symbols(condition) <= symbols(first)


def integer_parameters(node: Node) -> tuple[set[str], str]:
    """(names, set) that a condition declares to be integers, "k ∈ Z" or "n an integer"; (set(), "") for others."""
    match node:
        case nodes.Relation(
            sides=(target, nodes.NumberSet(name="Z" | "N" as inside) | nodes.Sym(name="Z" | "N" as inside)),
            operators=("∈",),
        ):
            items = target.items if isinstance(target, nodes.Listing) else (target,)
            names = {item.name for item in items if isinstance(item, nodes.Sym)}
            return names, inside if names else ""
        case nodes.Quantity(value=nodes.Sym(name=name), unit=words) if _INTEGER_WORDS.fullmatch(words):
            return {name}, "Z"
    return set(), ""


def named(node: Node) -> tuple[tuple[Node, ...], Node]:
    """(names, value) of "x = 3", "f(x) = x + 1", "|AB| = 5", "x ∈ {1, 2}"; ((), node) for others.

    The value of "x = 1/3 ≈ 0.33" is its exact part.
    """
    if not isinstance(node, nodes.Relation):
        return (), node
    sides, operators = list(node.sides), list(node.operators)
    while "=>" in operators:
        cut = operators.index("=>") + 1
        sides, operators = sides[cut:], operators[cut:]
    if "≈" in operators:
        cut = operators.index("≈")
        if cut > 0 or not symbols(sides[0]):
            sides, operators = sides[: cut + 1], operators[:cut]
        else:
            operators[cut] = "="
    if len(sides) == 1:
        return (), sides[0]
    if operators == ["∈"] and is_name(sides[0]):
        return (sides[0],), sides[1]
    if any(operator != "=" for operator in operators):
        return (), nodes.Relation(tuple(sides), tuple(operators))
    return _of_equations(sides)


def _of_equations(sides: list[Node]) -> tuple[tuple[Node, ...], Node]:
    """(names, value) of sides with "=" between them."""
    left = list(sides)
    names = []
    while len(left) > 1 and _names(left[0], left[-1]):
        names.append(left.pop(0))
    if not names and len(left) == 2 and _names(left[1], left[0]):
        names.append(left.pop())
    if not names:
        # A calculation: "2 + 3 = 5". Every equation must hold; the caller compares the sides.
        return (), nodes.Relation(tuple(left), ("=",) * (len(left) - 1))
    return tuple(names), left[0] if len(left) == 1 else nodes.Equal(tuple(left))


def _names(name: Node, value: Node) -> bool:
    """Whether the first node is a name that does not occur in the second; the arguments of f(x) may."""
    if not is_name(name) or (isinstance(name, nodes.Const) and any(item == name for item in walk(value))):
        return False
    return isinstance(name, nodes.Apply) or not symbols(name) & symbols(value)


def is_name(node: Node) -> bool:
    """Whether this can name the quantity that the question asks for: a symbol, f(x), AB, |AB|, (x, y), words."""
    match node:
        case nodes.Sym() | nodes.Words() | nodes.Apply() | nodes.Const(name="e" | "i"):
            return True
        case nodes.Call():
            return node.name in ("abs", "norm") and letters(node.arguments[0])
        case nodes.Group():
            return all(isinstance(item, (nodes.Sym, nodes.Apply)) for item in node.items)
        case nodes.Ratio():
            return all(isinstance(item, nodes.Sym) or letters(item) for item in node.items)
        case nodes.Mul(dotted=True):
            return False
        case nodes.Mul(factors=(nodes.Words() as words, second)):
            return is_name(second) and not set(re.findall(r"[a-z']+", words.text)) & REFUSED
        case nodes.Mul(factors=(nodes.Sym(name="Delta"), second)):
            return isinstance(second, nodes.Sym)
        case nodes.Mul(factors=(nodes.Sym() as first, second)) if first.name.isupper():
            # P(A), S(n): a capital before parentheses; AB: a segment.
            return isinstance(second, (nodes.Sym, nodes.Num, nodes.Group)) or letters(second)
    return letters(node)


def letters(node: Node) -> bool:
    """Whether this is a product of capital letters, as in the names of segments."""
    items = node.factors if isinstance(node, nodes.Mul) and not node.dotted else (node,)
    return len(items) <= _MOST_LETTERS and all(isinstance(item, nodes.Sym) and item.name[0].isupper() for item in items)


def named_value(node: Node, *, of_gold: bool) -> Node | None:
    """26 of "m + n = 26", which answers "find m + n"; None for other equations.

    of_gold: a gold answer names what was asked for, so more left-hand sides are accepted as names.
    """
    if not isinstance(node, nodes.Relation) or node.operators != ("=",) or symbols(node.sides[1]):
        return None
    left, value = node.sides
    items = left.terms if isinstance(left, nodes.Add) else left.factors if isinstance(left, nodes.Mul) else ()
    if items and all(isinstance(item, nodes.Sym) or (isinstance(item, nodes.Mul) and letters(item)) for item in items):
        return value
    asked = isinstance(left, nodes.Div) or (isinstance(left, nodes.Call) and left.name in _ASKED_FOR)
    return value if of_gold and asked and not has(left, nodes.Num) else None


def by_coordinate(node: Node, other: Node) -> Node:
    """(x, y) = (1, 2) as the list x = 1, y = 2, and x = y = 1 as x = 1, y = 1 beside a list; other nodes unchanged."""
    if not isinstance(node, nodes.Relation) or set(node.operators) != {"="}:
        return node
    match node.sides:
        case nodes.Group(items=names), nodes.Group(items=values) if len(names) == len(values):
            if not all(isinstance(name, (nodes.Sym, nodes.Apply)) for name in names):
                return node
        case *names, value if len(names) > 1 and isinstance(other, nodes.Listing):
            if not all(isinstance(name, nodes.Sym) for name in names):
                return node
            values = (value,) * len(names)
        case _:
            return node
    return nodes.Listing("and", tuple(nodes.Relation(pair, ("=",)) for pair in zip(names, values, strict=True)))
