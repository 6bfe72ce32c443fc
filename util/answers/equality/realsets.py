"""Sets of real numbers: one form for intervals, unions, inequalities and set-builders.

A set is a sorted list of disjoint pieces. "x < 1 or x > 1", "(-∞, 1) ∪ (1, ∞)" and "x ≠ 1" give the same list.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.tree import INFINITY, MINUS_INFINITY, ORDERS, REALS, REVERSED, has, symbols
from util.answers.values.agreement import SAME, close, real_value
from util.answers.values.rationals import exact

MAX_PIECES = 40


class Cut(NamedTuple):
    """A place between numbers: just before ``place``, or just behind it."""

    place: Any
    behind: bool


class Piece(NamedTuple):
    """The numbers from one cut to another: [1, 2) lies between the cuts before 1 and before 2."""

    low: Cut
    high: Cut


class Sets(NamedTuple):
    """Sorted disjoint pieces, and the variable that an inequality was written in ("" for an interval)."""

    pieces: list[Piece]
    variable: str


def looks_like_set(node: Node) -> bool:
    """Whether a node can only be a set of reals: a half-open interval, a union, an inequality."""
    if isinstance(node, (nodes.SetOperation, nodes.SetBuilder)):
        return True
    if isinstance(node, nodes.Group):
        open_end = any(item in (INFINITY, MINUS_INFINITY) for item in node.items)
        half_open = (node.left, node.right) not in (("(", ")"), ("[", "]"), ("⟨", "⟩"))
        return len(node.items) == 2 and (half_open or open_end)
    if isinstance(node, nodes.Relation):
        return bool(set(node.operators) & (ORDERS | {"!=", "∉"}))
    if isinstance(node, nodes.Listing):
        return all(looks_like_set(item) for item in _after_unequal(node.items))
    return node == REALS or (isinstance(node, nodes.Add) and node.terms[0] == REALS)


def as_set(node: Node) -> Sets | None:
    """The set of reals that ``node`` describes; None if it does not describe one, or its ends have no value."""
    try:
        found = _read(node)
        return Sets(_merged(found.pieces), found.variable)
    except Unreadable:
        return None


def same_sets(left: Sets, right: Sets) -> bool:
    """Whether the pieces are equal, and the variables too if both sets have one."""
    if left.variable and right.variable and left.variable != right.variable:
        return False
    cuts = [[cut for piece in side.pieces for cut in piece] for side in (left, right)]
    return len(cuts[0]) == len(cuts[1]) and all(
        one.behind == other.behind and _same_place(one, other) for one, other in zip(*cuts, strict=True)
    )


def _same_place(one: Cut, other: Cut) -> bool:
    return bool(one.place == other.place) or close(one.place, other.place, SAME)


def _at_most(one: Cut, other: Cut) -> bool:
    return one.behind <= other.behind if _same_place(one, other) else bool(one.place < other.place)


def _merged(pieces: list[Piece]) -> list[Piece]:
    """The pieces sorted, with touching pieces merged."""
    if len(pieces) > MAX_PIECES:
        raise Unreadable("too many pieces")
    found: list[Piece] = []
    for piece in sorted(pieces):
        if not found or not _at_most(piece.low, found[-1].high):
            found.append(piece)
        elif not _at_most(piece.high, found[-1].high):
            found[-1] = Piece(found[-1].low, piece.high)
    return found


def _intersection(left: list[Piece], right: list[Piece]) -> list[Piece]:
    if len(left) * len(right) > MAX_PIECES**2:
        raise Unreadable("too many pieces")
    found = [Piece(max(a.low, b.low), min(a.high, b.high)) for a in left for b in right]
    return [piece for piece in found if piece.low < piece.high]


def _complement(pieces: list[Piece]) -> list[Piece]:
    rest = whole = [_everything()]
    for piece in pieces:
        rest = _intersection(rest, [Piece(whole[0].low, piece.low), Piece(piece.high, whole[0].high)])
    return rest


def _everything() -> Piece:
    import mpmath

    return Piece(Cut(mpmath.mpf("-inf"), True), Cut(mpmath.mpf("inf"), False))


def _read(node: Node) -> Sets:
    if isinstance(node, nodes.Group) and len(node.items) == 2 and node.left in "[(]" and node.right in "])[":
        return Sets(_interval(node), "")
    if isinstance(node, nodes.SetOf):
        return Sets([_point(_end(item)) for item in node.items], "")
    if isinstance(node, nodes.SetOperation):
        return _operation(node)
    if isinstance(node, nodes.SetBuilder):
        return _builder(node)
    if isinstance(node, nodes.Relation):
        return _relation(node)
    if isinstance(node, nodes.Listing):
        return _list(node)
    if (
        isinstance(node, nodes.Add)
        and isinstance(node.terms[-1], nodes.Neg)
        and isinstance(node.terms[-1].inside, nodes.SetOf)
    ):
        if len(node.terms) == 2:
            return _operation(nodes.SetOperation("∖", node.terms[0], node.terms[-1].inside))  # R - {2}
        raise Unreadable("a sum of sets")
    if isinstance(node, nodes.Where):
        raise Unreadable("a set under a condition")
    if node == REALS:
        return Sets([_everything()], "")
    raise Unreadable(type(node).__name__)


def _point(place: Any) -> Piece:
    return Piece(Cut(place, False), Cut(place, True))


def _interval(node: nodes.Group) -> list[Piece]:
    low, high = (_end(item) for item in node.items)
    if not low <= high:
        raise Unreadable("an interval from high to low")
    return _intersection([Piece(Cut(low, node.left != "["), Cut(high, node.right == "]"))], [_everything()])


def _operation(node: nodes.SetOperation) -> Sets:
    left, right = _read(node.left), _read(node.right)
    other = right.pieces if node.kind != "∖" else _complement(_merged(right.pieces))
    pieces = left.pieces + other if node.kind == "∪" else _intersection(left.pieces, other)
    return Sets(pieces, _variable(left.variable, right.variable))


def _builder(node: nodes.SetBuilder) -> Sets:
    head, found = node.head, _read(node.condition)
    if isinstance(head, nodes.Relation) and head.operators == ("∈",):
        if head.sides[1] != REALS:
            raise Unreadable("a set of whole numbers")
        head = head.sides[0]
    if not isinstance(head, nodes.Sym) or found.variable != head.name:
        raise Unreadable("a set of something else")
    return Sets(found.pieces, "")


def _list(node: nodes.Listing) -> Sets:
    """Inequalities: "and" intersects, "or" unites; a comma intersects unless the intersection is empty.

    Intervals with commas are one set only if they are apart; else they are several answers.
    """
    items = _after_unequal(node.items)
    found = [_read(item) for item in items]
    united = [piece for one in found for piece in one.pieces]
    variable, meet = "", [_everything()]
    for one in found:
        variable = _variable(variable, one.variable)
        meet = _intersection(meet, one.pieces)
    meet = _merged(meet)
    inequalities = all(isinstance(item, nodes.Relation) for item in items)
    if node.word == "and" or (node.word == "" and inequalities and meet):
        # In everyday language, "x < 1 and x > 3" means two ranges.
        return Sets(meet if meet else united, variable)
    if not inequalities and len(_merged(united)) < len(united):
        raise Unreadable("intervals that overlap")
    return Sets(united, variable)


def _after_unequal(items: tuple[Node, ...]) -> list[Node]:
    """x ≠ 1, -2 means x ≠ 1 and x ≠ -2."""
    full: list[Node] = []
    for item in items:
        last = full[-1] if full else None
        if not isinstance(item, nodes.Relation) and isinstance(last, nodes.Relation) and last.operators == ("!=",):
            item = nodes.Relation((last.sides[0], item), ("!=",))
        full.append(item)
    return full


def _variable(left: str, right: str) -> str:
    if left and right and left != right:
        raise Unreadable("inequalities in two variables")
    return left or right


def _relation(node: nodes.Relation) -> Sets:
    if node.operators in (("∈",), ("∉",)) and isinstance(node.sides[0], nodes.Sym):
        inside = _read(node.sides[1])
        pieces = inside.pieces if node.operators == ("∈",) else _complement(_merged(inside.pieces))
        return Sets(pieces, node.sides[0].name)
    names = {name for side in node.sides for name in symbols(side)}
    if len(names) != 1:
        raise Unreadable("an inequality without one variable")
    (variable,) = names
    pieces = [_everything()]
    for left, operator, right in zip(node.sides, node.operators, node.sides[1:], strict=False):
        pieces = _intersection(pieces, _simple(left, operator, right, variable))
    return Sets(pieces, variable)


def _simple(left: Node, operator: str, right: Node, variable: str) -> list[Piece]:
    """One comparison of the variable (or its absolute value) with a constant."""
    if operator not in REVERSED:
        raise Unreadable(operator)
    if symbols(right):
        if symbols(left):
            raise Unreadable("an inequality that is not solved")
        left, operator, right = right, REVERSED[operator], left
    if isinstance(left, nodes.Call) and left.name == "abs":
        return _absolute(left.arguments[0], operator, _end(right), variable)
    if isinstance(left, nodes.Neg):
        left, operator, right = left.inside, REVERSED[operator], nodes.Neg(right)
    if left != nodes.Sym(variable):
        raise Unreadable("an inequality that is not solved")
    return _half(operator, _end(right))


def _half(operator: str, bound: Any) -> list[Piece]:
    low, high = _everything()
    below, above = Piece(low, Cut(bound, operator == "<=")), Piece(Cut(bound, operator != ">="), high)
    halves = {"<": [below], "<=": [below], ">": [above], ">=": [above], "!=": [below, above]}
    return halves.get(operator) or [_point(bound)]


def _absolute(inside: Node, operator: str, bound: Any, variable: str) -> list[Piece]:
    """|x| or |x - a| compared with a bound."""
    middle: Any = 0
    if isinstance(inside, nodes.Add) and len(inside.terms) == 2 and inside.terms[0] == nodes.Sym(variable):
        middle, inside = -_end(inside.terms[1]), inside.terms[0]
    if inside != nodes.Sym(variable) or operator in ("=", "!="):
        raise Unreadable("an inequality that is not solved")
    if bound < 0 or (bound == 0 and operator in ("<", ">=")):
        return [] if operator in ("<", "<=") else [_everything()]
    left, right = _half(REVERSED[operator], middle - bound), _half(operator, middle + bound)
    return _intersection(left, right) if operator in ("<", "<=") else left + right


def _end(node: Node) -> Any:
    import mpmath

    if node in (INFINITY, MINUS_INFINITY):
        return mpmath.mpf("inf" if node == INFINITY else "-inf")
    if has(node, nodes.PlusMinus, nodes.Quantity, nodes.Words):
        raise Unreadable("an end that is not a number")
    value = exact(node)
    number = real_value(node) if value is None or value.denominator != 1 else mpmath.mpf(int(value))
    if number is None:
        raise Unreadable("an end that is not a number")
    return number
