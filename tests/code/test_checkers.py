"""Comparisons that a row names, and answers that are neither right nor wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.code import compare
from util.code.checkers import UNDECIDED, with_checker
from util.code.inside import values
from util.code.judge import judge
from util.code.outcome import Outcome
from util.code.problem import Tests
from util.records import NOT_JUDGEABLE


def outcome(words: str, expected: Any, printed: str) -> str:
    """The kind of outcome of one printed output."""
    tests = with_checker(Tests([""], [expected]), words)
    outputs = expected if isinstance(expected, list) else [expected]
    rules = compare.rules_for(
        [text.encode() for text in outputs], ignore_case=tests.ignore_case, tolerance=tests.tolerance
    )
    assert tests.checker is not None
    return tests.checker.outcome(tests, 0, printed.encode(), rules).kind


@pytest.mark.parametrize(
    ("words", "expected", "right", "wrong"),
    [
        ("lines-any-order", "a 1\nb 2\n", ["b 2\na 1", "a 1\nb 2\n\n"], ["1 a\nb 2", "a 1\nb 2\nb 2", "a 1", "b 1\na 2", ""]),
        ("tokens-any-order", "1 2\n3 4 4\n", ["2 1\n4 3 4"], ["3 4 4\n1 2", "1 2 3\n4 4", "2 1\n3 3 4", "1 2\n3 4"]),
        ("lines-any-order tokens-any-order", "1 2\n3 4\n", ["4 3\n2 1"], ["1 3\n2 4", "1 2 3 4"]),
        ("output-any-order", "1 2\n3\n", ["3\n2\n1", "1 2 3"], ["1 2", "1 2 3 3", "1 2 2"]),
        ("ignore-case", "Yes\n", ["YES", "yes"], ["No", "Ye s"]),
        ("lines-any-order,ignore-case", "Ann\nBob\n", ["bob\nANN"], ["bob\nbob"]),
        ("tolerance=0.01", "10 x\n", ["10.05 x", "9.95 x"], ["10.2 x", "10.05 y", "ten x"]),
        ("output-any-order tolerance=0.01", "1.0 2.0 x\n", ["x 2.001 0.999"], ["x 2.1 0.999", "2.001 0.999"]),
        ("lines-any-order tolerance=0.01", "1.0 a\n2.0 b\n", ["2.001 b\n1.001 a"], ["2.001 a\n1.001 b"]),
        ("one-of", ["3\n", "5\n"], ["3", "5 "], ["4", "3\n5", ""]),
        ("one-of tokens-any-order", ["1 2\n", "7\n"], ["2 1", "7"], ["2 7"]),
    ],
)  # fmt: skip
def test_what_a_row_can_ask_for(words: str, expected: Any, right: list[str], wrong: list[str]) -> None:
    assert [outcome(words, expected, printed) for printed in right] == ["passed"] * len(right)
    assert [outcome(words, expected, printed) for printed in wrong] == ["wrong answer"] * len(wrong)


@pytest.mark.parametrize(
    ("words", "expected", "right", "wrong"),
    [
        ("lines-any-order", [[1, 2], [3]], [[[3], [1, 2]]], [[[2, 1], [3]], [[3]], [[3], [3], [1, 2]], 3]),
        ("lines-any-order tokens-any-order", [["a", "b"], ["c"]], [[["c"], ["b", "a"]]], [[["c", "a"], ["b"]]]),
        ("tokens-any-order", [[1, 2], [3]], [[[2, 1], [3]]], [[[3], [2, 1]]]),
        ("lines-any-order", [1, True, "1", None, 1.5], [[None, "1", True, 1.5, 1]], [[None, "1", 1, 1.5, 1]]),
        ("lines-any-order", [0.1, 0.2], [[0.2 + 1e-9, 0.1]], [[0.2, 0.11]]),
        ("ignore-case", ["Ab"], [["aB"]], [["b"]]),
        ("one-of", [[1, 2], [2, 1]], [[2, 1], [1, 2]], [[1, 1], [[1, 2], [2, 1]]]),
    ],
)  # fmt: skip
def test_returned_values_in_any_order(words: str, expected: Any, right: list[Any], wrong: list[Any]) -> None:
    tests = with_checker(Tests([[]], [expected], "f", wrapped=False), words)
    assert tests.checker is not None
    kinds = [tests.checker.outcome(tests, 0, values.dumps(value), compare.Rules()).kind for value in [*right, *wrong]]
    assert kinds == ["passed"] * len(right) + ["wrong answer"] * len(wrong)


def test_a_result_that_is_far_too_long_or_unreadable_is_wrong() -> None:
    tests = with_checker(Tests([[]], [[1]], "f"), "lines-any-order")
    assert tests.checker is not None
    for data in (b"[" * 5000, b"[1" + b",1" * 5000 + b"]", b"\xff", b'{"x": 1}'):
        assert tests.checker.outcome(tests, 0, data, compare.Rules()).kind == "wrong answer"


@given(st.lists(st.lists(st.sampled_from(["1", "2", "x", "1.5", "-3"]), max_size=4), max_size=6), st.randoms())
def test_every_permutation_is_accepted_and_no_other_multiset(rows: list[list[str]], random: Any) -> None:
    rows = [row for row in rows if row]
    text = "\n".join(" ".join(row) for row in rows)
    shuffled = [random.sample(row, len(row)) for row in random.sample(rows, len(rows))]
    printed = "\n".join(" ".join(row) for row in shuffled)
    assert outcome("lines-any-order tokens-any-order", text, printed) == "passed"
    assert outcome("output-any-order", text, printed.replace("\n", " ")) == "passed"
    if rows:
        assert outcome("output-any-order", text, printed + " 2") == "wrong answer"


@pytest.mark.parametrize(
    ("tests", "words", "message"),
    [
        (Tests([""], ["1"]), "any-order", "unknown"),
        (Tests([""], ["1"]), ["ignore-case"], "must be a text"),
        (Tests([""], ["1"]), "tolerance=x", "tolerance=x"),
        (Tests([""], ["1"]), "tolerance=-1", "at least 0"),
        (Tests([""], ["1"]), "tolerance=nan", "at least 0"),
        (Tests([""], ["1"]), "tolerance=1 tolerance=2", "2 tolerances"),
        (Tests([""], ["1"]), "one-of", "a list of outputs"),
        (Tests([""], [[]]), "one-of", "a list of outputs"),
        (Tests([[]], [1], "f"), "output-any-order", "lines-any-order"),
    ],
)
def test_a_checker_that_cannot_be_is_refused(tests: Tests, words: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_checker(tests, words)


def test_no_checker_leaves_the_tests_alone() -> None:
    tests = Tests([""], ["1"])
    assert with_checker(tests, None) is tests
    assert with_checker(tests, "") is tests


def test_large_outputs_in_any_order_take_no_time() -> None:
    lines = "\n".join(f"{i} {i * 7919 % 100_003}" for i in range(100_000))
    start = time.process_time()
    assert (
        outcome("lines-any-order tokens-any-order tolerance=1e-6", lines, "\n".join(lines.split("\n")[::-1]))
        == "passed"
    )
    assert time.process_time() - start < 10


SEVERAL = Tests(["1\n", "2\n", "3\n"], ["1 1\n", "2 2\n", "3 3\n"], any_answer=True)


@pytest.mark.parametrize(
    ("code", "correct", "reason"),
    [
        ("n = input()\nprint(n, n)", True, "passed all 3 tests"),
        ("print(9, 9)", None, NOT_JUDGEABLE + UNDECIDED),
        ("n = input()\nprint(n, n if n != '2' else 7)", None, NOT_JUDGEABLE + UNDECIDED),
        ("n = input()\nprint(n if n != '3' else 1 / 0, 9)", False, "runtime error on test 3 of 3"),
        ("n = input()\nif n != '2': print(7)", False, "wrong answer on test 2 of 3"),
        ("print(", False, "compile error"),
        ("while input() == '3': pass\nprint(7)", False, "runtime error on test 3 of 3"),
    ],
)
def test_where_several_answers_are_right(code: str, correct: bool | None, reason: str) -> None:
    verdict = judge(code, SEVERAL)
    assert (verdict.correct, verdict.reason) == (correct, reason)


def test_an_undecided_answer_says_how_it_differs_and_how_often() -> None:
    verdict = judge("print(9, 9)", SEVERAL)
    assert verdict.evidence["undecided"] == 3
    assert verdict.evidence["test"] == 1
    assert "expected '1 1', got '9 9'" in verdict.evidence["detail"]


def test_several_right_answers_of_a_call() -> None:
    tests = Tests([[1], [2]], [[1], [2]], "f", wrapped=False, any_answer=True)
    assert judge("def f(x): return [x]", tests).correct is True
    assert judge("def f(x): return [x, x]", tests).correct is None
    assert judge("def f(x): return [x, x] if x == 1 else None", tests).reason == "wrong answer on test 2 of 2"
    assert judge("def f(x): return [x] * (3 - x) if x == 1 else g", tests).reason == "runtime error on test 2 of 2"


def test_many_undecided_tests_do_not_run_again_and_again() -> None:
    """Right and other answers by turns: a batch ends at each of the latter."""
    count = 120
    tests = Tests([f"{i}\n" for i in range(count)], ["0\n"] * count, any_answer=True)
    code = "import time\nn = int(input())\nt = time.process_time()\nwhile time.process_time() - t < 0.01: pass\nprint(n % 2)"
    verdict = judge(code, tests)
    assert verdict.correct is None
    assert verdict.evidence["undecided"] == count // 2
    assert verdict.evidence["cpu_seconds"] < 0.04 * count + 3


def test_a_named_order_with_other_answers_left_open() -> None:
    tests = with_checker(Tests(["1\n"], ["a\nb\n"]), "lines-any-order any-answer")
    assert judge("print('b')\nprint('a')", tests).correct is True
    assert judge("print('c')\nprint('a')", tests).correct is None
    assert judge("pass", tests).correct is False


def test_a_solution_runs_between_preamble_and_epilogue() -> None:
    tests = Tests([[3]], [10], "g", preamble="K = 7", epilogue="def g(x): return f(x)", asked="f")
    assert judge(tests.program("def f(x): return x + K"), tests).correct is True
    future = "from __future__ import annotations\ndef f(x: Unknown): return x + 7"
    assert judge(tests.program(future), tests).correct is True
    assert Tests([""], [""]).program("x = 1") == "x = 1"


class AcceptsNothing:
    """A checker of a task's own."""

    def outcome(self, tests: Tests, index: int, data: bytes, rules: compare.Rules) -> Outcome:
        return Outcome("wrong answer", f"{tests.inputs[index]!r} -> {data!r}")


def test_a_checker_of_ones_own_decides() -> None:
    verdict = judge("print(1)", Tests(["x"], ["1"], checker=AcceptsNothing()))
    assert verdict.correct is False
    assert verdict.evidence["detail"] == r"'x' -> b'1\n'"
