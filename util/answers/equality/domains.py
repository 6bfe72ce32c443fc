"""Conditions that follow from a value: where it is real, and what the question leaves open."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from util.answers.equality.pieces import Piece
from util.answers.equality.realsets import as_set
from util.answers.syntax.nodes import Node, Relation
from util.answers.syntax.tree import ORDERS, REALS, symbols
from util.answers.values.agreement import as_fraction, value_at
from util.answers.values.bounds import NotInField, NoValue, TooHard

_STEPS = (Fraction(1, 1000), Fraction(1, 3), Fraction(7, 5), Fraction(11), Fraction(1003, 10))
"""Distances from a condition's ends at which a value is looked at."""


def follows(condition: Node, value: Node) -> bool:
    """Whether a condition says nothing beyond the value: excluded points, "real", or where the value is real anyway."""
    if not isinstance(condition, Relation):
        return False
    if condition.operators == ("!=",) or (condition.operators == ("∈",) and condition.sides[1] == REALS):
        return True
    names = symbols(condition)
    if len(names) != 1 or names != symbols(value) or not set(condition.operators) <= ORDERS:
        return False
    allowed = as_set(condition)
    if allowed is None or len(allowed.pieces) != 1:
        return False
    (name,) = names
    inside, outside = _places(allowed.pieces[0])
    return bool(inside and outside) and all(
        _real(value, name, place) is expected
        for expected, places in ((True, inside), (False, outside))
        for place in places
    )


def _places(piece: Piece) -> tuple[list[Fraction], list[Fraction]]:
    """Points inside a piece and outside of it, near its ends and far."""
    inside, outside = list[Fraction](), list[Fraction]()
    for end, inwards in ((piece.low, 1), (piece.high, -1)):
        if _finite(end):
            place = as_fraction(end)
            inside += [place + inwards * step for step in _STEPS if _holds(piece, place + inwards * step)]
            outside += [place - inwards * step for step in _STEPS]
    return inside, outside


def _finite(end: Any) -> bool:
    return bool(abs(end) < 1e12)


def _holds(piece: Piece, place: Fraction) -> bool:
    return bool(piece.low < float(place) < piece.high)


def _real(value: Node, name: str, place: Fraction) -> bool | None:
    """Whether the value is real at a place; None if it is too hard to tell."""
    try:
        found = value_at(value, {name: place})
    except NoValue:
        return False
    except (TooHard, NotInField):
        return None
    return bool(abs(getattr(found, "imag", 0)) <= 1e-20 * abs(found))
