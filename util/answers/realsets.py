"""Sets of real numbers: one form for intervals, unions, inequalities and set-builders.

A set is a sorted list of disjoint pieces with two ends each; an end is a value and whether it
belongs to the set. "x < 1 or x > 1", "(-∞, 1) ∪ (1, ∞)" and "x ≠ 1" give the same list.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from util.answers.exact import exact
from util.answers.nodes import INFINITY, MINUS_INFINITY, REVERSED, Node, Unreadable, has, symbols
from util.answers.numeric import close, real_value

MAX_PIECES = 40
_HALF = {"<", "<=", ">", ">="}


class Piece(NamedTuple):
    """The numbers from low to high; low_closed and high_closed: whether the ends are included."""

    low: Any
    low_closed: bool
    high: Any
    high_closed: bool


class Sets(NamedTuple):
    """The pieces, and the variable that an inequality was written in ("" for an interval)."""

    pieces: list[Piece]
    variable: str


def looks_like_set(node: Node) -> bool:
    """Whether a node can only be a set of reals: a half-open interval, a union, an inequality."""
    if node.op in ("union", "inter", "minus", "setof"):
        return True
    if node.op == "group":
        left, right, items = node.args
        open_end = any(item in (INFINITY, MINUS_INFINITY) for item in items)
        return len(items) == 2 and ((left, right) not in (("(", ")"), ("[", "]"), ("⟨", "⟩")) or open_end)
    if node.op == "rel":
        return bool(set(node.args[1::2]) & (_HALF | {"!=", "∉"}))
    if node.op == "list":
        return all(looks_like_set(item) for item in _after_unequal(node.args[1]))
    if node.op == "add" and node.args[0] == Node("sym", ("set R",)):
        return True
    return node == Node("sym", ("set R",))


def as_set(node: Node) -> Sets | None:
    """The set of reals that ``node`` describes; None if it does not describe one, or its ends have no value."""
    try:
        found = _read(node)
    except Unreadable:
        return None
    return Sets(_merged(found.pieces), found.variable)


def same_sets(left: Sets, right: Sets) -> bool:
    """Whether the pieces are equal, and the variables too if both sets have one."""
    if left.variable and right.variable and left.variable != right.variable:
        return False
    return len(left.pieces) == len(right.pieces) and all(
        a.low_closed == b.low_closed
        and a.high_closed == b.high_closed
        and _equal(a.low, b.low)
        and _equal(a.high, b.high)
        for a, b in zip(left.pieces, right.pieces, strict=True)
    )


def _everything() -> Piece:
    import mpmath

    return Piece(mpmath.mpf("-inf"), False, mpmath.mpf("inf"), False)


def _read(node: Node) -> Sets:
    op, args = node
    if op == "group" and len(args[2]) == 2 and args[0] in "[(]" and args[1] in "])[":
        low, high = (_end(item) for item in args[2])
        piece = Piece(low, args[0] == "[" and not _infinite(low), high, args[1] == "]" and not _infinite(high))
        if not low <= high:
            raise Unreadable("an interval from high to low")
        return Sets([piece] if low < high or (piece.low_closed and piece.high_closed) else [], "")
    if op == "set":
        points = [_end(item) for item in args[0]]
        return Sets([Piece(point, True, point, True) for point in points], "")
    if op in ("union", "inter", "minus"):
        left, right = _read(args[0]), _read(args[1])
        other = right.pieces if op != "minus" else _complement(right.pieces)
        pieces = left.pieces + other if op == "union" else _intersection(left.pieces, other)
        return Sets(pieces, _variable(left, right))
    if op == "setof":
        head, condition = args
        if head.op == "rel" and head.args[1] == "∈":
            head = head.args[0]
        found = _read(condition)
        if head.op != "sym" or found.variable != head.args[0]:
            raise Unreadable("a set of something else")
        return Sets(found.pieces, "")
    if op == "rel":
        return _relation(node)
    if op == "list":
        return _list(node)
    if op == "add" and len(args) == 2 and args[1].op == "neg" and args[1].args[0].op == "set":
        return _read(Node("minus", (args[0], args[1].args[0])))  # R - {2}
    if op == "where":
        raise Unreadable("a set under a condition")
    if node == Node("sym", ("set R",)):
        return Sets([_everything()], "")
    raise Unreadable(op)


def _list(node: Node) -> Sets:
    """Inequalities: "and" intersects, "or" unites; a comma intersects unless the intersection is empty."""
    word, items = node.args
    items = _after_unequal(items)
    found = [_read(item) for item in items]
    united = [piece for one in found for piece in one.pieces]
    variable = found[0].variable
    for one in found[1:]:
        variable = _variable(Sets([], variable), one)
    meet = found[0].pieces
    for one in found[1:]:
        meet = _intersection(meet, one.pieces)
    meet = _merged(meet)
    inequalities = all(item.op == "rel" for item in items)
    if word == "and" or (word == "" and inequalities and meet):
        # In everyday language, "x < 1 and x > 3" means two ranges.
        return Sets(meet if meet else united, variable)
    return Sets(united, variable)


def _after_unequal(items: tuple[Node, ...]) -> list[Node]:
    """x ≠ 1, -2 means x ≠ 1 and x ≠ -2."""
    full: list[Node] = []
    for item in items:
        last = full[-1] if full else None
        if item.op != "rel" and last is not None and last.op == "rel" and last.args[1:2] == ("!=",):
            item = Node("rel", (last.args[0], "!=", item))
        full.append(item)
    return full


def _variable(left: Sets, right: Sets) -> str:
    if left.variable and right.variable and left.variable != right.variable:
        raise Unreadable("inequalities in two variables")
    return left.variable or right.variable


def _relation(node: Node) -> Sets:
    parts = node.args
    if len(parts) == 3 and parts[1] in ("∈", "∉") and parts[0].op == "sym":
        inside = _read(parts[2])
        pieces = inside.pieces if parts[1] == "∈" else _complement(_merged(inside.pieces))
        return Sets(pieces, parts[0].args[0])
    names = {name for side in parts[0::2] for name in symbols(side)}
    if len(names) != 1:
        raise Unreadable("an inequality without one variable")
    (variable,) = names
    pieces = [_everything()]
    for left, operator, right in zip(parts[0::2], parts[1::2], parts[2::2], strict=False):
        pieces = _intersection(pieces, _simple(left, operator, right, variable))
    return Sets(pieces, variable)


def _simple(left: Node, operator: str, right: Node, variable: str) -> list[Piece]:
    """One comparison of the variable (or its absolute value) with a constant."""
    import mpmath

    if operator not in REVERSED:
        raise Unreadable(operator)
    if symbols(right):
        if symbols(left):
            raise Unreadable("an inequality that is not solved")
        left, operator, right = right, REVERSED[operator], left
    if left.op == "fun" and left.args[0] == "abs":
        return _absolute(left.args[1], operator, _end(right), variable)
    if left.op == "neg":
        left, operator, right = left.args[0], REVERSED[operator], Node("neg", (right,))
    if left != Node("sym", (variable,)):
        raise Unreadable("an inequality that is not solved")
    bound, infinity = _end(right), mpmath.mpf("inf")
    if operator in ("<", "<="):
        return [Piece(-infinity, False, bound, operator == "<=")]
    if operator in (">", ">="):
        return [Piece(bound, operator == ">=", infinity, False)]
    if operator == "=":
        return [Piece(bound, True, bound, True)]
    return [Piece(-infinity, False, bound, False), Piece(bound, False, infinity, False)]


def _absolute(inside: Node, operator: str, bound: Any, variable: str) -> list[Piece]:
    """|x| or |x - a| compared with a positive bound."""
    import mpmath

    infinity, closed = mpmath.mpf("inf"), operator in ("<=", ">=")
    middle = mpmath.mpf(0)
    if inside.op == "add" and len(inside.args) == 2 and inside.args[0] == Node("sym", (variable,)):
        middle, inside = -_end(inside.args[1]), inside.args[0]
    if inside != Node("sym", (variable,)) or bound <= 0:
        raise Unreadable("an inequality that is not solved")
    low, high = middle - bound, middle + bound
    if operator in ("<", "<="):
        return [Piece(low, closed, high, closed)]
    if operator in (">", ">="):
        return [Piece(-infinity, False, low, closed), Piece(high, closed, infinity, False)]
    raise Unreadable(operator)


def _end(node: Node) -> Any:
    import mpmath

    if node in (INFINITY, MINUS_INFINITY):
        return mpmath.mpf("inf" if node == INFINITY else "-inf")
    if has(node, "pm", "mp", "unit", "text"):
        raise Unreadable("an end that is not a number")
    value = exact(node)
    number = real_value(node) if value is None or value.denominator != 1 else mpmath.mpf(int(value))
    if number is None:
        raise Unreadable("an end that is not a number")
    return number


def _infinite(value: Any) -> bool:
    import mpmath

    return bool(mpmath.isinf(value))


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) or close(left, right, 1e-25)


def _merged(pieces: list[Piece]) -> list[Piece]:
    """The pieces sorted, with touching pieces merged."""
    if len(pieces) > MAX_PIECES:
        raise Unreadable("too many pieces")
    merged: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.low, not p.low_closed)):
        last = merged[-1] if merged else None
        touches = last is not None and (
            piece.low < last.high or (_equal(piece.low, last.high) and (piece.low_closed or last.high_closed))
        )
        if last is None or not touches:
            merged.append(piece)
        elif piece.high > last.high or (_equal(piece.high, last.high) and piece.high_closed):
            merged[-1] = Piece(last.low, last.low_closed, piece.high, piece.high_closed)
    return merged


def _intersection(left: list[Piece], right: list[Piece]) -> list[Piece]:
    if len(left) * len(right) > MAX_PIECES**2:
        raise Unreadable("too many pieces")
    found = []
    for a in left:
        for b in right:
            low = max((a.low, not a.low_closed), (b.low, not b.low_closed))
            high = min((a.high, a.high_closed), (b.high, b.high_closed))
            if low[0] < high[0] or (low[0] == high[0] and not low[1] and high[1]):
                found.append(Piece(low[0], not low[1], high[0], high[1]))
    return found


def _complement(pieces: list[Piece]) -> list[Piece]:
    rest = [_everything()]
    for piece in pieces:
        everything = _everything()
        rest = _intersection(
            rest,
            [
                Piece(everything.low, False, piece.low, not piece.low_closed),
                Piece(piece.high, not piece.high_closed, everything.high, False),
            ],
        )
    return rest
