"""Time limits: measured CPU time decides, one loop costs one limit, and the first wrong test ends the run."""

from __future__ import annotations

from typing import Any

import pytest

from util.code.box import Box
from util.code.calibration import REFERENCE_SECONDS, measured
from util.code.judge import box_for, judge
from util.code.problem import Judging, Limits, Run, Tests, Wanted
from util.code.selftest import limits_line
from util.code.trial import SolutionTrial
from util.records import Verdict

BUSY = "import time\nstart = time.process_time()\nwhile time.process_time() - start < {}: pass\nprint(input())"
CALM = Limits(cpu=1, wall=60)
"""Programs here may have to wait for a processor."""


def same(count: int) -> Tests:
    return Tests(["1\n"] * count, ["1\n"] * count)


def runs_of(code: str, tests: Tests, limits: Limits, monkeypatch: pytest.MonkeyPatch) -> tuple[Verdict, list[Run]]:
    """The verdict and every run of a child that it took."""
    runs: list[Run] = []
    run = Box.run

    def recorded(self: Box, *args: Any, **options: Any) -> Run:
        runs.append(run(self, *args, **options))
        return runs[-1]

    monkeypatch.setattr(Box, "run", recorded)
    return judge(code, tests, Judging(limits=limits)), runs


def test_a_wrong_test_ends_the_child_that_runs_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "x = int(input())\nif x == 2:\n    while True: pass\nprint(x + 1 if x == 1 else x)"
    verdict, runs = runs_of(
        code, Tests(["1\n", "2\n", "3\n"], ["1\n", "2\n", "3\n"]), Limits(cpu=5, wall=60), monkeypatch
    )
    assert (verdict.correct, verdict.reason) == (False, "wrong answer on test 1 of 3")
    assert sum(run.cpu for run in runs) < 1


def test_a_wrong_result_of_a_call_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def f(x):\n    while x == 2: pass\n    return x + (x == 1)"
    verdict, runs = runs_of(code, Tests([[0], [1], [2]], [0, 1, 2], "f"), Limits(cpu=5, wall=60), monkeypatch)
    assert (verdict.correct, verdict.reason) == (False, "wrong answer on test 2 of 3")
    assert sum(run.cpu for run in runs) < 1


@pytest.mark.parametrize("place", [0, 1, 5])
def test_a_loop_costs_its_limit_once(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "x = int(input())\nwhile x == 7: pass\nprint(x)"
    texts = [f"{7 if index == place else 1}\n" for index in range(8)]
    verdict, runs = runs_of(code, Tests(texts, texts), CALM, monkeypatch)
    assert (verdict.correct, verdict.reason) == (False, f"time limit on test {place + 1} of 8")
    assert sum(run.cpu for run in runs) < 2


def test_a_near_miss_runs_once_more_and_the_evidence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict, runs = runs_of(BUSY.format(1.2), same(1), CALM, monkeypatch)
    assert (verdict.correct, verdict.reason) == (False, "time limit on test 1 of 1")
    assert len(runs) == 2
    [[test, first, second]] = verdict.evidence["near_misses"]
    assert test == 1  # tests count from 1, as in the reason
    assert 1.2 <= first < 1.5
    assert 1.2 <= second < 1.5


def test_a_near_miss_that_is_fast_when_run_again_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    trial_once = SolutionTrial._once
    calls = 0

    def slow_at_first(self: Any, index: int) -> Any:
        nonlocal calls
        calls += 1
        run, outcome = trial_once(self, index)
        if calls == 1:
            object.__setattr__(run, "cpu", 1.3)
        return run, outcome

    monkeypatch.setattr(SolutionTrial, "_once", slow_at_first)
    verdict = judge("print(input())", same(1), Judging(limits=CALM))
    assert verdict.correct is True
    assert verdict.evidence["near_misses"][0][:2] == [1, 1.3]


def test_a_wrong_near_miss_does_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict, runs = runs_of(BUSY.format(1.2) + "\nprint(2)", same(1), CALM, monkeypatch)
    assert verdict.correct is False
    assert len(runs) == 1


def test_many_slow_tests_pass_and_little_runs_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict, runs = runs_of(BUSY.format(0.3), same(8), CALM, monkeypatch)
    assert verdict.correct is True
    assert sum(run.cpu for run in runs) < 8 * 0.3 + 1.2
    verdict, runs = runs_of(BUSY.format(0.7), same(4), CALM, monkeypatch)
    assert verdict.correct is True
    assert sum(run.cpu for run in runs) < 4 * 0.7 + 1.2


def test_time_cannot_be_moved_between_the_tests_of_a_batch() -> None:
    """It computes for longer than one test may, and says that each test took none."""
    code = (
        "import os, struct, time\n"
        "start = time.process_time()\nwhile input() == '1' and time.process_time() - start < 1.6: pass\n"
        "os.write(63, struct.pack('<cIQ', b'M', 8, 0))\nprint(1)"
    )
    tests = Tests(["1\n" * 10**6, "2\n", "2\n"], ["1\n"] * 3)
    assert judge(code, tests, Judging(limits=CALM)).correct is False


def test_a_program_that_sleeps_in_each_test_ends() -> None:
    code = "import time\ntime.sleep(0.2)\nprint(input())"
    verdict = judge(code, same(40), Judging(limits=Limits(cpu=0.5, wall=1, total=2)))
    assert (verdict.correct, verdict.reason.split(" on ")[0]) == (False, "time limit")


def test_a_program_that_mostly_sleeps_ends_on_a_machine_that_is_not_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses a little of a processor, as a program does that has to wait for one."""
    code = (
        "import time\nstart = time.time()\n"
        "while time.time() - start < 1.5:\n"
        "    time.sleep(0.09)\n    begun = time.process_time()\n    while time.process_time() - begun < 0.013: pass\n"
        "print(input())"
    )
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 0.5, 0.5))
    verdict = judge(code, same(40), Judging(limits=Limits(cpu=2, wall=60, total=2)))
    assert (verdict.correct, verdict.reason.split(" on ")[0]) == (False, "time limit")
    assert verdict.evidence["wall_seconds"] < 30


def test_limits_grow_with_the_machines_slowness() -> None:
    limits = Judging(limits=Limits(cpu=1), speed=2.0).limits_for(same(1))
    assert (limits.cpu, limits.total) == (2, 600)
    verdict = judge(BUSY.format(1.2), same(1), Judging(limits=CALM, speed=2.0))
    assert verdict.correct is True
    assert (verdict.evidence["cpu_limit"], verdict.evidence["speed"]) == (2.0, 2.0)
    assert limits_line(Judging(speed=2.0)).startswith("CPU limit: 12 s per test, or 2 x the row's")
    assert "as fast as" in limits_line(Judging())


def test_the_speed_is_measured_in_the_sandbox() -> None:
    seconds = measured(box_for(Wanted()))
    assert REFERENCE_SECONDS / 5 < seconds < REFERENCE_SECONDS * 20
