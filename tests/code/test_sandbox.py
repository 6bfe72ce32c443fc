"""The judge: only a program that is right passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks import TASK_HANDLERS
from util.code.compare import Rules, same_output
from util.code.extract_code import extract_code
from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests
from util.code.selftest import preflight
from util.task import CheckOptions

STDIN = Tests(["3\n4\n"], ["7\n"])
CALL = Tests([[[1, 2, 3]], [[]]], [6, 0], "total")
QUICK = Judging(limits=Limits(cpu=2, wall=4))
SUM = "a = int(input()); b = int(input()); print(a + b)"


def test_self_test_passes() -> None:
    assert preflight(QUICK)["level"] in ("full", "strong")


@pytest.mark.parametrize(
    "code",
    [
        SUM,
        SUM + "\nimport sys\nsys.exit(0)",
        SUM.replace("a + b)", "a + b, flush=True)") + "\nimport os\nos._exit(0)",
        "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
        "print(sum(map(int, open(0).read().split())))",
        "print(sum(map(int, open('/dev/stdin').read().split())))",
        "if __name__ == '__main__':\n    print(int(input()) + int(input()))",
        "import numpy as np\nprint(np.int64(int(input())) + int(input()))",
        "import atexit\nx = int(input()) + int(input())\natexit.register(print, x)",
        "import threading, sys\nsys.setrecursionlimit(10**6)\nthreading.stack_size(2**28)\n"
        "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
        "def m(): f(50000); print(int(input()) + int(input()))\n"
        "threading.Thread(target=m).start()",
    ],
)
def test_right_programs_pass(code: str) -> None:
    assert judge(code, STDIN, QUICK).correct is True


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print(8)", "wrong answer"),
        ("print(", "compile error"),
        ("1/0", "runtime error"),
        ("while True: pass", "time limit"),
        ("import time; time.sleep(60)", "time limit"),
        ("x = [0] * 10**10", "memory limit"),
        ("while True: print('a' * 10000)", "output limit"),
        ("import sys; print(7); sys.exit(3)", "runtime error"),
        ("print(open('/etc/passwd').read())", "runtime error"),
        ("open('/var/tmp/planted', 'w'); print(7)", "runtime error"),
        ("import os; os.fork(); print(7)", "runtime error"),
        ("import os; os.kill(os.getppid(), 9); print(7)", "runtime error"),
        ("import socket; socket.create_connection(('127.0.0.1', 9)); print(7)", "runtime error"),
        ("import subprocess; subprocess.run(['true']); print(7)", "runtime error"),
    ],
)
def test_everything_else_fails_for_the_right_reason(code: str, reason: str) -> None:
    verdict = judge(code, STDIN, QUICK)
    assert verdict.correct is False
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    "code",
    [
        "def total(x): return sum(x)",
        "class Solution:\n    def total(self, x): return sum(x)",
        "import numpy as np\ndef total(x): return np.sum(np.array(x, dtype=int))",
        "def total(x): return sum(x)\nif __name__ == '__main__':\n    print(total(list(map(int, input().split()))))",
    ],
)
def test_right_functions_pass(code: str) -> None:
    assert judge(code, CALL, QUICK).correct is True


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    def __eq__(self, other): return True\ndef total(x): return A()",
        "def other(x): return sum(x)",
        "def total(x): return sum(x) if x else False",
        'import os\nfor i in range(3, 64):\n    try: os.write(i, b\'{"value": ["int", "0x6"]}\\n\')\n'
        "    except OSError: pass\nos._exit(0)",
        "def total(x): import os; os._exit(0)",
        "def total(x): raise SystemExit(0)",
    ],
)
def test_forged_results_fail(code: str) -> None:
    assert judge(code, CALL, QUICK).correct is False


def test_environment_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    tests = Tests([""], ["True\n"])
    assert judge("import os; print('sk-secret' not in str(os.environ))", tests, QUICK).correct is True


def test_unusable_tests_are_no_verdict() -> None:
    assert judge(SUM, Tests([], [])).correct is None
    assert judge(SUM, Tests(["1"], [])).correct is None


def test_comparison_is_strict() -> None:
    exact, close = Rules(), Rules(tolerance=1e-6)
    assert same_output(b"1 2\n", b"1 2 \n\n", exact)
    assert not same_output(b"1 2", b"2 1", exact)
    for wrong in (b"5.0", b"+5", b"005"):
        assert not same_output(b"5", wrong, exact)
    assert same_output(b"0.5", b"0.5000001", close)
    assert same_output(b"5", b"5.0", close)
    assert not same_output(b"0.5", b"0.50001", close)
    assert not same_output(b"1\n2", b"2\n1", close)
    assert not same_output(b"Yes", b"YES", exact)
    assert same_output(b"Yes", b"YES", Rules(ignore_case=True))


def test_reference_solutions_of_the_samples_pass() -> None:
    handler = TASK_HANDLERS["APPS"]()
    rows = [json.loads(line) for line in Path("samples/apps.jsonl").read_text().splitlines()]
    assert len(rows) >= 20
    for row in rows:
        verdict = handler.checker(CheckOptions()).check(row, f"```python\n{json.loads(row['solutions'])[0]}\n```")
        assert verdict.correct is True, (row["question"], verdict)


def test_the_last_complete_block_is_the_answer() -> None:
    assert extract_code("```python\nprint(1)\n```\nor\n```\nprint(2)\n```") == "print(2)\n"
    assert extract_code("<think>```python\na\n```") is None
    both = "```python\ndef f(x):\n    return x\n```\nUse it:\n```python\nprint(g(1))\n```"
    assert extract_code(both, "f") == "def f(x):\n    return x\n"
    assert extract_code("no code here at all!") is None
