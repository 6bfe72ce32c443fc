"""How results with their types compare, and the rules of single problems."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.code.compare import Rules
from util.code.evalplus_rules import EvalPlusRules, same, shown
from util.code.inside import values
from util.code.judge import judge
from util.code.problem import Tests
from util.code.typed_results import CALLED, epilogue, key, typed

Colour = IntEnum("Colour", "RED")
Point = namedtuple("Point", "x y")

EQUAL: list[tuple[Any, Any]] = [
    (1, True), (1, 1.0), (Colour.RED, 1), (np.int64(3), 3), (np.bool_(True), True), (Fraction(1, 2), 0.5),
    (Decimal("0.25"), 0.25), (1 + 0j, 1), ((1, 2), Point(1, 2)), ({1, 2}, {2, 1}), (frozenset({1}), {1}),
    ({"a": 1, "b": [2]}, OrderedDict(b=[2], a=True)), (Counter("aab"), {"a": 2, "b": 1}), ("x", np.str_("x")),
    ([1, [2.5]], [1, [2.5]]), (float("nan"), float("nan")), (10**400, 10**400), ({(1, 2): 3}, {(1, 2): 3}),
]  # fmt: skip
DIFFERENT: list[tuple[Any, Any]] = [
    ([1, 2], (1, 2)), ([1], {1}), (1, "1"), (None, False), ("", None), ([1, 2], [2, 1]), ({1: 2}, {1: 3}), ({1: 2}, {"1": 2}),
    ([], ()), (10**400, 10**400 + 1), (2**53 + 1, float(2**53)), (object(), object()), (range(3), [0, 1, 2]),
    (np.array([1, 2]), [1, 2]), (1 + 1j, 1), ([True], ["True"]), (Decimal("NaN"), Decimal("NaN")), ({1}, {1: 1}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_values_that_are_equal_in_python_are_equal(one: Any, other: Any) -> None:
    assert same(typed(one), typed(other), 0)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_values_that_differ_in_python_differ(one: Any, other: Any) -> None:
    assert not same(typed(one), typed(other), 0)
    assert not same(typed([one, None]), typed([other, None]), 0)


@pytest.mark.parametrize(
    ("value", "expected", "atol", "right"),
    [
        (0.1 + 0.2, 0.3, 0, True),
        ([0.1 + 0.2], [0.3], 0, True),
        (([0.3 + 1e-9],), ([0.3],), 0, False),  # no list of floats: exact
        (([0.3 + 1e-9],), ([0.3],), 1e-6, True),
        (1.00001, 1.0, 0, False),
        (1.00001, 1.0, 1e-4, True),
        (1e9 + 50, 1e9, 0, True),  # 1e-7 of the expected value
        (1e9 + 150, 1e9, 0, False),
        (3, 3.0000001, 0, False),  # of another type, and not equal
        ((0.1 + 0.2,), [0.3], 0, False),
        ([0.3, 1.0], [0.3], 1e-6, False),
        ([0.3, "a"], [0.3 + 1e-9, "a"], 1e-6, False),
        (float("inf"), float("inf"), 0, True),
        (float("inf"), 1e300, 1e-6, False),
        (1e300, float("inf"), 1e-6, False),
        (10**400, 1.0, 1e-6, False),
        (1.0, float("nan"), 1e-6, False),
    ],
)
def test_tolerances(value: Any, expected: Any, atol: float, right: bool) -> None:
    assert same(typed(value), typed(expected), atol) is right


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(nested, nested)
def test_encoded_values_compare_as_python_does(one: Any, other: Any) -> None:
    def whole(value: Any) -> Any:
        return json.loads(json.dumps(value))

    encoded = [whole(typed(value)) for value in (one, other)]
    assert (key(encoded[0]) == key(encoded[1])) == (repr(one) == repr(other) or one == other)
    assert key(encoded[0]) == key(encoded[0])
    assert isinstance(shown(encoded[0]), str)


def kind(name: str, result: Any, expected: Any, *arguments: Any, mbpp: bool = True, atol: float = 0) -> str:
    tests = Tests([list(arguments)], [typed(expected)], CALLED)
    data = values.dumps(typed(result))
    return EvalPlusRules(name, atol, mbpp).outcome(tests, 0, data, Rules()).kind


RIGHT, WRONG, OPEN = "passed", "wrong answer", "another answer"


@pytest.mark.parametrize(
    ("name", "result", "expected", "found"),
    [
        ("similar_elements", [5, 4, 4], (4, 5), RIGHT),
        ("similar_elements", {4, 5}, (4, 5), RIGHT),
        ("similar_elements", (4,), (4, 5), WRONG),
        ("similar_elements", 4, (4,), WRONG),
        ("similar_elements", [[4], 5], (4, 5), WRONG),
        ("find_char_long", "abc", ["a", "b", "c"], RIGHT),
        ("check_str", "Valid", True, RIGHT),
        ("check_str", None, True, WRONG),
        ("check_str", None, False, RIGHT),
        ("check_str", False, False, RIGHT),
        ("check_str", "Valid", "anything", RIGHT),
        ("check_str", None, "anything", WRONG),
        ("are_equivalent", True, True, RIGHT),
        ("are_equivalent", False, True, OPEN),
        ("sum_div", 7, 7, RIGHT),
        ("sum_div", 0, 7, OPEN),
        ("sum_div", False, 7, OPEN),
        ("sum_div", 6, 7, WRONG),
        ("other", (4, 5), [4, 5], WRONG),
    ],
)
def test_problems_with_rules_of_their_own(name: str, result: Any, expected: Any, found: str) -> None:
    assert kind(name, result, expected) == found
    if found == OPEN:
        assert kind(name, result, expected, mbpp=False) == WRONG


def test_second_readings_and_roots() -> None:
    assert kind("surface_Area", 33, 99, 3, 4) == WRONG
    assert kind("surface_Area", round(9 + 6 * (1.5**2 + 16) ** 0.5), 99, 3, 4) == RIGHT
    assert kind("surface_Area", 99, 99, 3, 4) == RIGHT
    assert kind("surface_Area", "x", 99, 3, 4) == WRONG
    assert kind("digit_distance_nums", 1 + 2 + 3, 8, 456, 333) == RIGHT
    assert kind("digit_distance_nums", 9, 8, 456, 333) == WRONG
    assert kind("digit_distance_nums", 3, 8, -1, 2) == WRONG  # a minus sign is no digit
    find_zero = {"mbpp": False, "atol": 1e-4}
    assert kind("find_zero", -0.5, 0.0, [1, 2], **find_zero) == RIGHT  # type: ignore[arg-type]
    assert kind("find_zero", -0.4, -0.5, [1, 2], **find_zero) == WRONG  # type: ignore[arg-type]
    for odd in (None, "x", float("nan"), 1e300, 10**400, [1.0]):
        assert kind("find_zero", odd, -0.5, [1, 2, 3], **find_zero) == WRONG  # type: ignore[arg-type]


def test_unreadable_results_are_wrong() -> None:
    tests = Tests([[]], [typed((1, 2))], CALLED)
    rules = EvalPlusRules("f", 0, mbpp=True)
    for result in (
        ["t"] + [1] * 9000,
        {"x": 1},
        [],
        ["c", 1],
        ["q", 1, 0],
        ["q", 1.5, 2],
        ["d", [1]],
        ["z", 1],
        [["t", 1]],
    ):
        assert rules.outcome(tests, 0, values.dumps(result), Rules()).kind == "wrong answer"
    assert rules.outcome(tests, 0, b"\xff", Rules()).kind == "wrong answer"


def test_the_epilogue_stands_names_that_a_solution_uses_for_itself() -> None:
    code = "def f(x):\n    return (x, [x], {x}, {'a': x})\nlist = str = dict = tuple = set = type = isinstance = sorted = repr = 3\ntyped = 4\n"
    tests = Tests([[1]], [typed((1, [1], {1}, {"a": 1}))], CALLED, checker=EvalPlusRules("f", 0, mbpp=True), epilogue=epilogue("f"), asked="f")  # fmt: skip
    verdict = judge(tests.program(code), tests)
    assert verdict.correct is True, verdict
    assert judge(tests.program("def f(x): return [x, [x], {x}, {'a': x}]"), tests).correct is False
    assert judge(tests.program("def g(x): return 1"), tests).reason == "runtime error on test 1 of 1"
