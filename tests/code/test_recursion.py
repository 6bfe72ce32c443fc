"""Recursion as deep as the memory limit allows; a real overflow ends its child only."""

from __future__ import annotations

import pytest

from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests

DEEP = 100_000
LINEAR = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
CACHED = "from functools import lru_cache\n@lru_cache(None)\n" + LINEAR
SEARCH = """
def f(n):
    edges = [[] for _ in range(n)]
    for i in range(1, n):
        edges[i - 1].append(i)
        edges[i].append(i - 1)
    seen = [False] * n
    def visit(node):
        seen[node] = True
        return 1 + sum(visit(other) for other in edges[node] if not seen[other])
    return visit(0)
"""
METHOD = """
class Solution:
    def f(self, n):
        @cache
        def down(k):
            return 0 if k == 0 else 1 + down(k - 1)
        return down(n)
"""
THREAD = (
    "import sys, threading\nsys.setrecursionlimit(10 ** 6)\nthreading.stack_size(2 ** 29)\n"
    + LINEAR
    + "thread = threading.Thread(target=lambda: print(f(int(input()))))\nthread.start()\nthread.join()\n"
)
READ = "print(f(int(input())))\n"
RIGHT = {
    "linear": (LINEAR, DEEP),
    "cached": (CACHED, DEEP),
    "search": (SEARCH, 50_000),
    "method": (METHOD, DEEP),
}


@pytest.mark.parametrize("name", RIGHT)
def test_functions_recurse_deeply(name: str) -> None:
    code, depth = RIGHT[name]
    verdict = judge(code, Tests([[5], [depth], [7]], [5, depth, 7], "f"))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize("name", ["linear", "cached", "search"])
def test_programs_recurse_deeply(name: str) -> None:
    code, depth = RIGHT[name]
    verdict = judge(code + READ, Tests(["5\n", f"{depth}\n", "7\n"], ["5\n", f"{depth}\n", "7\n"]))
    assert verdict.correct is True, verdict


def test_a_thread_with_its_own_stack_recurses_deeply() -> None:
    verdict = judge(THREAD, Tests(["5\n", f"{DEEP}\n"], ["5\n", f"{DEEP}\n"]))
    assert verdict.correct is True, verdict


ENDLESS = {
    "python": "def f(n):\n    return f(n + 1)\n",
    "c stack": "from functools import lru_cache\n@lru_cache(None)\ndef f(n):\n    return f(n + 1)\n",
    "own limit": "import sys\nsys.setrecursionlimit(50_000)\ndef f(n):\n    return f(n + 1)\n",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_real_overflow_says_so(name: str) -> None:
    limits = Limits(cpu=30, wall=60, memory=2**28)
    verdict = judge(ENDLESS[name], Tests([[1], [2]], [1, 2], "f"), Judging(limits=limits))
    assert (verdict.correct, verdict.reason) == (False, "runtime error: stack on test 1 of 2")
    assert "too deep for 256 MiB" in verdict.evidence["detail"]
    assert judge(LINEAR, Tests([[5]], [5], "f")).correct is True  # only that child ended


def test_other_crashes_are_not_called_so() -> None:
    crash = "import ctypes\nctypes.string_at(0)"
    verdict = judge(crash, Tests([""], ["1"]))
    assert verdict.reason == "runtime error on test 1 of 1"
    assert "SIGSEGV" in verdict.evidence["detail"]
    assert "inside" not in verdict.evidence["detail"]
    shallow = "x = [0] * 10 ** 10"
    assert judge(shallow, Tests([""], ["1"])).reason == "memory limit on test 1 of 1"


def test_a_traceback_shows_the_last_calls() -> None:
    code = "def f(n):\n    if n == 0:\n        return 1 // n\n    return f(n - 1)\nf(int(input()))"
    for depth in ("0", "3", "7", "8", "5000"):
        detail = judge(code, Tests([depth], ["1"])).evidence["detail"]
        assert detail.startswith('Traceback (most recent call last):\n  File "solution.py"')
        assert detail.endswith("ZeroDivisionError: integer division or modulo by zero")
        assert "util" not in detail
