"""Algebraic expressions are compared at fixed points: a text that agrees at some of them is still different."""

from __future__ import annotations

import pytest

from util.answers import compare
from util.answers.syntax.nodes import Sym
from util.answers.values.evaluate import evaluate
from util.answers.values.residues import Residues


def value_of_x(point: int) -> int:
    """What x is taken for at a point."""
    value: int = evaluate(Sym("x"), Residues(point), {})
    return value


@pytest.mark.parametrize("point", [1, 2])
def test_a_variable_is_not_the_number_that_stands_for_it_at_one_point(point: int) -> None:
    number = str(value_of_x(point))
    assert compare("x", number).correct is False
    assert compare(number, "x").correct is False


@pytest.mark.parametrize("points", [(1, 2), (1, 3), (2, 3)])
def test_equations_that_agree_at_two_of_the_three_points_differ(points: tuple[int, int]) -> None:
    first, second = (value_of_x(point) for point in points)
    assert compare("x + y = 1", f"x + y + (x - {first})(x - {second}) = 1").correct is False
