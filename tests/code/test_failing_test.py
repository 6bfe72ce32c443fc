"""The evidence of a failed test: its input, both outputs near their first difference, the line of the solution."""

from __future__ import annotations

import pytest

from util.code.failing_test import BEFORE, MOST, failed_line, given, outputs, solution_lines
from util.code.judge import judge
from util.code.problem import Judging, Tests


def test_a_wrong_answer_has_input_and_both_outputs() -> None:
    verdict = judge("a, b = map(int, input().split())\nprint(a - b)", Tests(["1 0\n", "2 3\n"], ["1\n", "5\n"]))
    assert verdict.reason == "wrong answer on test 2 of 2"
    shown = {name: verdict.evidence[name] for name in ("test", "input", "expected", "output")}
    assert shown == {"test": 2, "input": "2 3\n", "expected": "5\n", "output": "-1\n"}


def test_a_call_is_shown_as_a_call() -> None:
    tests = Tests([[[1, 2], "x"], [[], None]], [[3, "x"], [0, None]], "total")
    verdict = judge("def total(a, b):\n    return (sum(a), b)\n", tests)
    assert verdict.correct is True
    assert verdict.evidence["function"] == "total"
    verdict = judge("def total(a, b):\n    return [sum(a) or 7, b]\n", tests)
    assert (verdict.evidence["input"], verdict.evidence["expected"]) == ("total([], None)", "[0, None]")
    assert verdict.evidence["output"] == "[7, None]"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def f(x):\n    return 1 // x\n\nf(int(input()))", 2),
        ("import json\nx = input()\n\njson.loads('{')", 4),
        ("x = input()\nif x:\nprint(x)", 3),
        ("print(9)\nraise ValueError('File \"solution.py\", line 99')", 2),
    ],
)
def test_the_line_that_failed_counts_from_the_solutions_first(code: str, line: int) -> None:
    plain = Tests(["0\n"], ["1\n"])
    assert judge(code, plain).evidence["line"] == line
    around = Tests(["0\n"], ["1\n"], preamble="import math\nimport re", epilogue="print(1)")
    assert judge(around.program(code), around).evidence["line"] == line


def test_lines_of_what_stands_around_a_solution_are_not_its_own() -> None:
    tests = Tests([], [], preamble="import math", epilogue="check()\n")
    assert solution_lines(tests.program("a\nb"), tests) == (2, 3)
    assert solution_lines("from __future__ import annotations\nb", Tests([], [], preamble="x")) == (1, 2)
    assert failed_line((1, 9), 2, 3) is None
    assert failed_line((), 1, 3) is None


def test_what_a_failing_program_had_printed_is_kept() -> None:
    evidence = judge("print('so far')\nraise SystemExit(3)", Tests(["\n"], ["done\n"])).evidence
    assert (evidence["output"], evidence["expected"]) == ("so far\n", "done\n")
    assert "input" not in judge("print(", Tests(["1\n"], ["1\n"])).evidence


def test_long_outputs_begin_shortly_before_the_first_difference() -> None:
    lines = [f"line {number}" for number in range(1, 5001)]
    wrong = [*lines[:3999], "another", *lines[4000:]]
    shown = outputs(Tests([""], ["\n".join(lines)]), 0, "\n".join(wrong).encode())
    assert shown["from_line"] == 3998
    assert shown["expected"].startswith("line 3998\nline 3999\nline 4000\n")
    assert shown["output"].startswith("line 3998\nline 3999\nanother\n")
    assert len(shown["output"]) == MOST + 1


def test_one_long_line_is_shown_around_the_difference() -> None:
    shown = outputs(Tests([""], ["a" * 5000 + "b"]), 0, b"a" * 5000 + b"c" + b"d" * 5000)
    assert shown["expected"] == "…" + "a" * BEFORE + "b"
    assert shown["output"] == "…" + "a" * BEFORE + "c" + "d" * (MOST - BEFORE - 1) + "…"


@pytest.mark.parametrize("hostile", [b"\xff\xfe", b"\x00" * 9000, b"\r" * 9000, b"9\n" * 2**20])
def test_any_output_gives_short_evidence(hostile: bytes) -> None:
    shown = outputs(Tests([""], ["1\n2\n"]), 0, hostile)
    assert max(len(shown["expected"]), len(shown["output"])) <= MOST + 2


def test_large_arguments_are_cut() -> None:
    call = given(Tests([[list(range(100_000)), "y" * 9000]], [0], "f"), 0)
    assert call.startswith("f([0, 1, 2, ")
    assert len(call) <= MOST + 40
    assert given(Tests([["a", "b"]], [["x"]]), 0) == "a"
    assert judge("print(1)", Tests(["5\n"], ["2\n"]), Judging(all_tests=True)).evidence["failed"] == [
        [1, "wrong answer"]
    ]
