"""Disjoint pieces of the real line, sorted: union, intersection, complement, equality."""

from __future__ import annotations

from typing import Any, NamedTuple

from util.answers.syntax.nodes import Unreadable
from util.answers.values.agreement import SAME, close

MAX_PIECES = 40


class Piece(NamedTuple):
    """The numbers from low to high; low_closed and high_closed: whether the ends are included."""

    low: Any
    low_closed: bool
    high: Any
    high_closed: bool


def everything() -> Piece:
    import mpmath

    return Piece(mpmath.mpf("-inf"), False, mpmath.mpf("inf"), False)


def infinite(value: Any) -> bool:
    import mpmath

    return bool(mpmath.isinf(value))


def same_pieces(left: list[Piece], right: list[Piece]) -> bool:
    """Whether two merged lists are the same set."""
    return len(left) == len(right) and all(
        a.low_closed == b.low_closed
        and a.high_closed == b.high_closed
        and _equal(a.low, b.low)
        and _equal(a.high, b.high)
        for a, b in zip(left, right, strict=True)
    )


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) or close(left, right, SAME)


def merged(pieces: list[Piece]) -> list[Piece]:
    """The pieces sorted, with touching pieces merged. Raises: Unreadable: too many."""
    if len(pieces) > MAX_PIECES:
        raise Unreadable("too many pieces")
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.low, not p.low_closed)):
        last = found[-1] if found else None
        touches = last is not None and (
            piece.low < last.high or (_equal(piece.low, last.high) and (piece.low_closed or last.high_closed))
        )
        if last is None or not touches:
            found.append(piece)
        elif piece.high > last.high or (_equal(piece.high, last.high) and piece.high_closed):
            found[-1] = Piece(last.low, last.low_closed, piece.high, piece.high_closed)
    return found


def intersection(left: list[Piece], right: list[Piece]) -> list[Piece]:
    """What is in both. Raises: Unreadable: too many pieces."""
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


def complement(pieces: list[Piece]) -> list[Piece]:
    """The reals that are in none of them."""
    rest, whole = [everything()], everything()
    for piece in pieces:
        below = Piece(whole.low, False, piece.low, not piece.low_closed)
        above = Piece(piece.high, not piece.high_closed, whole.high, False)
        rest = intersection(rest, [below, above])
    return rest
