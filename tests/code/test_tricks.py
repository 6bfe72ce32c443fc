"""Hostile programs against the harness in their process, and what the judge does when its own parts fail."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from typing import Any

import pytest
from support.hostile import tricks

from util.code import launch
from util.code.box import Box
from util.code.compare import Rules
from util.code.inside import child
from util.code.interpreters import interpreter, interpreter_of_version
from util.code.judge import box_for, close_boxes, judge
from util.code.outcome import Outcome
from util.code.problem import Judging, Limits, Tests, Wanted

SUMS = Tests(["3\n1\n2\n3\n", "2\r\n40\r\n2\r\n", "1\n-7\n"], ["9\n", "44\n", "-6\n"])
CALLS = Tests([[[1, 2, 3]], [[40, 2]], [[-7]]], [6, 42, -7], "f")
SHORT = Limits(cpu=0.5, wall=1, memory=256 * 2**20)
GENEROUS = Limits(cpu=20, wall=60)
RIGHT = "print(sum(map(int, open(0))))"
OWN_SECONDS = 1.0
"""CPU time of the judge itself that one of the programs may take."""
HELD_SECONDS = 30.0
"""Ten times what the limits allow on three tests, for busy machines."""


def assert_gets_nowhere(code: str, tests: Tests, judging: Judging) -> None:
    start, used = time.monotonic(), time.thread_time()
    verdict = judge(tricks.PRELUDE + code, tests, judging)
    assert verdict.correct is False, verdict
    assert time.thread_time() - used < OWN_SECONDS
    assert time.monotonic() - start < HELD_SECONDS
    assert judge(RIGHT, SUMS, Judging(judging.wanted, GENEROUS)).correct is True


@pytest.mark.parametrize("name", tricks.STDIN)
def test_tricks_of_programs_get_nowhere(name: str) -> None:
    assert_gets_nowhere(tricks.STDIN[name], SUMS, Judging(limits=SHORT))


@pytest.mark.parametrize("name", tricks.CALL)
def test_tricks_of_functions_get_nowhere(name: str) -> None:
    assert_gets_nowhere(tricks.CALL[name], CALLS, Judging(limits=SHORT))


@pytest.mark.parametrize("name", [*tricks.MARKS, "empty files without end", "names that cannot be removed"])
def test_tricks_get_nowhere_without_namespaces(name: str) -> None:
    assert_gets_nowhere(tricks.STDIN[name], SUMS, Judging(Wanted(namespaces=False), SHORT))


def test_empty_files_are_limited_without_namespaces() -> None:
    code = tricks.PRELUDE + tricks.STATE["empty files without end"]
    verdict = judge(code, SUMS, Judging(Wanted(namespaces=False), Limits(cpu=20, wall=60)))
    assert verdict.reason.startswith("output limit")


def test_reports_in_small_parts_do_not_prolong_a_batch() -> None:
    start = time.monotonic()
    code = tricks.PRELUDE + "for _ in range(60):\n    time.sleep(0.7)\n    os.write(63, b'?')\n"
    assert judge(code, SUMS, Judging(limits=SHORT)).reason.startswith("time limit")
    assert time.monotonic() - start < 20


@dataclass(frozen=True)
class FailsOnce:
    """A checker with a fault: it raises at the first result, while the program goes on to the next tests."""

    seen: list[int]

    def outcome(self, tests: Tests, index: int, data: bytes, rules: Rules) -> Outcome:
        self.seen.append(index)
        raise KeyError("a fault of the checker")


def test_a_fault_of_a_comparison_leaves_nothing_for_the_next_solution() -> None:
    """Three tests of 0.1 s each, so that the first result is read while the others are still to come."""
    slow = "import time\ntime.sleep(0.1)\nprint(7)"
    faulty = Tests([""] * 3, ["7"] * 3, checker=FailsOnce([]))
    with pytest.raises(KeyError):
        judge(slow, faulty)
    for _ in range(3):
        assert judge("print(8)", Tests([""] * 3, ["7"] * 3)).correct is False
        assert judge("print(7)", Tests([""] * 3, ["7"] * 3)).correct is True


def test_a_batch_stops_at_its_first_wrong_answer_in_a_sandbox_that_just_started() -> None:
    code = "if input() == '1': print(0)\nelse:\n    while True: pass"
    box_for(Wanted()).close()
    box = box_for(Wanted())
    box.close()  # the next run starts it, and its first program is the probe
    start = time.monotonic()
    run = box.run(
        "run",
        code,
        [b"1\n", b"2\n"],
        Limits(cpu=20, wall=60),
        stop=lambda progress: len(progress.records) > 0,
    )
    assert run.cpu < 10
    assert time.monotonic() - start < 25


def test_a_template_that_fails_late_shares_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """It forked a zygote that answers, although its reply did not come in time."""
    held: list[socket.socket] = []

    def late(python: str, config: dict[str, Any], theirs: socket.socket) -> None:
        held.append(theirs.dup())
        held[-1].sendall(b"\x02" + bytes(7) + b"{}")

    monkeypatch.setattr(launch, "_from_template", late)
    box = Box(Wanted())
    try:
        box.start()
        assert box.layers["seccomp"] == "on"
        with pytest.raises(ConnectionError):  # the other end is closed, so such a zygote ends
            held[0].sendall(b"x")
    finally:
        box.close()
        for end in held:
            end.close()


def test_a_child_whose_zygote_has_ended_runs_nothing() -> None:
    pid = os.fork()
    if pid == 0:
        setup = child.Setup(".", namespaces=False, seccomp=False, base_memory=2**40, processes=None)
        child._become_program({}, [], setup, zygote=1 if os.getppid() != 1 else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 70


def test_the_time_of_a_result_is_at_least_what_the_program_had_used() -> None:
    """So a test never counts as faster than it was, however late the zygote looks."""
    code = "import time\nend = time.process_time() + 0.01\nwhile time.process_time() < end: pass\nprint(time.process_time())"
    run = box_for(Wanted()).run("run", code, [b""] * 30, Limits(cpu=20, wall=60), stop=lambda progress: False)
    used = [float(line) for line in run.stdout.split()]
    assert len(used) == 30
    assert [pair for pair in zip(used, run.progress.counted, strict=True) if pair[1] < pair[0]] == []


def test_data_can_ask_for_versions_only() -> None:
    """What a row names is started outside of the sandbox."""
    path = interpreter("python3")
    assert path is not None
    for name in ("/usr/bin/env", "sh", "/usr/bin/python3", "./python3", "python3 -c pass", "-c", "pypy"):
        assert interpreter_of_version(name) is None
    assert interpreter_of_version("3") == ""
    assert interpreter_of_version("pypy3") == interpreter("pypy3")
    verdict = judge(RIGHT, Tests(["1"], ["1"], python="/usr/bin/python3"))
    assert verdict.correct is None
    close_boxes()
