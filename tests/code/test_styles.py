"""Right programs in the styles of contests pass: in batches, test by test, and with other interpreters."""

from __future__ import annotations

from typing import Any

import pytest
from support.hostile import legitimate, styles, styles_with_tests

from util.code.interpreters import interpreter
from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests, Wanted

GENEROUS = Limits(cpu=20, wall=60)
_INPUTS = [
    "3\n1\n2\n3\n",
    "2\r\n40\r\n2\r\n",
    *(f"{n}\n" + "".join(f"{i * i - 50}\n" for i in range(n)) for n in range(7)),
]
SUMS = Tests(_INPUTS, [f"{sum(map(int, text.split()))}\n" for text in _INPUTS])
PYPY = interpreter("pypy3")
ON_PYPY = [
    *(f"{name} left open" for name in ("a writer", "print to a writer", "a wrapper", "a raw writer")),
    "/dev/stdout",
    "big recursion",
    "cached recursion",
    "thread with a big stack",
]
"""Programs of ``legitimate`` that need what PyPy does otherwise: files flushed at its end, memory for a recursion limit."""


@pytest.mark.parametrize("name", styles.STDIN)
def test_programs_in_batches(name: str) -> None:
    verdict = judge(styles.STDIN[name], SUMS, Judging(limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize(
    "name", ["raw threads", "raw thread that spins", "with stdin", "an old event loop", "duplicated stdin"]
)
def test_programs_test_by_test(name: str) -> None:
    verdict = judge(styles.STDIN[name], SUMS, Judging(fresh=True, limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize("name", styles_with_tests.SHAPES)
def test_programs_with_tests_of_their_own(name: str) -> None:
    code, inputs, outputs = styles_with_tests.SHAPES[name]
    verdict = judge(code, Tests(list(inputs), list(outputs)), Judging(limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize("fresh", [False, True], ids=["batch", "fresh"])
@pytest.mark.parametrize("name", styles_with_tests.CALL)
def test_functions(name: str, fresh: bool) -> None:
    code, arguments, results = styles_with_tests.CALL[name]
    tests: list[Any] = [list(item) for item in arguments]
    verdict = judge(code, Tests(tests, list(results), "f"), Judging(fresh=fresh, limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.skipif(not PYPY, reason="PyPy is not installed")
@pytest.mark.parametrize("name", ON_PYPY)
def test_programs_on_pypy(name: str) -> None:
    tests = Tests(SUMS.inputs[:3], SUMS.outputs[:3])
    verdict = judge(legitimate.STDIN[name], tests, Judging(Wanted(python=PYPY or ""), GENEROUS))
    assert verdict.correct is True, verdict
