"""Answers with parameters and conditions: integers that count turns, constants of integration, where a value is real."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from util.answers.equality.pair import PairRules
from util.answers.equality.realsets import Piece, as_set
from util.answers.syntax.nodes import Add, Call, Degrees, Mul, Neg, Node, PlusMinus, Pow, Relation, Structure, Sym
from util.answers.syntax.tree import ORDERS, PI, REALS, has, number, replaced, symbols, walk
from util.answers.values.agreement import as_fraction, value_at
from util.answers.values.evaluate import NotInField, NoValue, TooHard

_PARAMETERS = frozenset("knml")
_CONSTANTS = frozenset(["C", "c", "C_1", "C_2", "c_1", "c_2", "C_3", "c_3", "C_0", "c_0", "K"])
"""Names of free constants."""
_CONSTANTS_OR_LETTERS = _CONSTANTS | {"k", "A", "B", "D", "k_1", "k_2", "K_1", "K_2", "A_1", "A_2", "const"}
_VARIABLES = frozenset("xyztuv")
_MOST_CONSTANTS = 3
_SHIFTS = (-2, -1, 0, 1, 2)


def _of_angle(node: Node) -> bool:
    return has(node, Degrees) or any(item == PI for item in walk(node))


def periodic(node: Node) -> bool:
    """Whether a value looks like "π/3 + 2kπ": an angle with one letter that counts turns."""
    names = symbols(node) if isinstance(node, (Add, PlusMinus, Mul)) else set()
    return len(names) == 1 and names <= _PARAMETERS and _of_angle(node)


def same_family(gold: Node, answer: Node, parameters: frozenset[str], at: PairRules) -> bool:
    """Solutions with an integer parameter, which may have another name, be shifted, or be negated."""
    answer = _renamed(gold, answer, parameters) or answer
    if at.same_value(gold, answer):
        return True
    shared = [name for name in parameters if name in symbols(gold) & symbols(answer)]
    if len(shared) != 1 or isinstance(gold, Structure) or has(gold, PlusMinus):
        return False
    symbol = Sym(shared[0])
    shifts = [Add((side, number(shift))) for side in (symbol, Neg(symbol)) for shift in _SHIFTS]
    return any(at.same_value(gold, replaced(answer, shared[0], shift)) for shift in shifts)


def _renamed(left: Node, right: Node, parameters: frozenset[str]) -> Node | None:
    """``right`` with its integer parameter renamed as in ``left``; None unless each side has exactly one of its own."""
    mine, other = symbols(left) - symbols(right), symbols(right) - symbols(left)
    if len(mine) != 1 or len(other) != 1:
        return None
    (a,), (b,) = mine, other
    angles = {a, b} <= _PARAMETERS and _of_angle(left) and _of_angle(right)
    if not {a, b} <= parameters | _PARAMETERS or not ({a, b} & parameters or angles):
        return None
    return replaced(right, b, Sym(a))


def with_free_constants(gold: Node, answer: Node) -> Iterator[Node]:
    """The answer with its free constants named as in the gold answer, in each order; nothing where there are none.

    Only in a function of a variable, such as Ce^x: "C" and "A" alone, or in names of segments, are different letters.
    """
    mine, other = symbols(gold) & _CONSTANTS_OR_LETTERS, symbols(answer) & _CONSTANTS_OR_LETTERS
    others = symbols(gold) - mine
    if not 0 < len(mine) == len(other) <= _MOST_CONSTANTS or others != symbols(answer) - other:
        return
    if not (mine <= _CONSTANTS or other <= _CONSTANTS) or isinstance(gold, Structure):
        return
    if not (has(gold, Call, Pow) or others & _VARIABLES):
        return
    if any(name[0].islower() for name in mine | other) and not others <= _VARIABLES:
        return  # c beside a and b is a letter like them
    placeholders = [f"constant {place}" for place in range(len(mine))]
    for name, placeholder in zip(sorted(other), placeholders, strict=True):
        answer = replaced(answer, name, Sym(placeholder))
    for order in itertools.permutations(sorted(mine)):
        renamed = answer
        for name, placeholder in zip(order, placeholders, strict=True):
            renamed = replaced(renamed, placeholder, Sym(name))
        yield renamed


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
    expected = [(place, True) for place in inside] + [(place, False) for place in outside]
    return bool(inside and outside) and all(_real(value, name, place) is real for place, real in expected)


def _places(piece: Piece) -> tuple[list[Fraction], list[Fraction]]:
    """Points inside a piece and outside of it, near its ends and far."""
    inside, outside = list[Fraction](), list[Fraction]()
    for end, inwards in ((piece.low.place, 1), (piece.high.place, -1)):
        if abs(end) < 1e12:
            place = as_fraction(end)
            inside += [place + inwards * step for step in _STEPS]
            outside += [place - inwards * step for step in _STEPS]
    return [place for place in inside if piece.low.place < float(place) < piece.high.place], outside


def _real(value: Node, name: str, place: Fraction) -> bool | None:
    """Whether the value is real at a place; None if it is too hard to tell."""
    try:
        found = value_at(value, {name: place})
    except NoValue:
        return False
    except (TooHard, NotInField):
        return None
    return bool(abs(getattr(found, "imag", 0)) <= 1e-20 * abs(found))
