"""How zygotes start: from a template, directly when it is gone, without descriptors of others, with patience."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.scripts import ROOT
from support.waiting import wait_for

from benchmarks import family
from util.code import box as boxes
from util.code.box import Box
from util.code.judge import close_boxes, judge
from util.code.launch import ADDRESS, Template
from util.code.problem import Judging, Limits, Run, Tests, Wanted
from util.system.errors import UserError

SUM = Tests(["1 2\n", "3 4\n"], ["3\n", "7\n"])
CODE = "print(sum(map(int, input().split())))"


@pytest.fixture
def template() -> Iterator[None]:
    close_boxes()
    Template.start(sys.executable)
    yield
    close_boxes()
    Template.stop()


def pid_of(box: Box) -> int:
    assert box._process is not None
    return box._process.pid


def parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def test_zygotes_are_forks_of_the_template(template: None) -> None:
    running = Template._running
    assert running is not None
    for namespaces in (True, False):
        box = Box(Wanted(namespaces=namespaces))
        box.start()
        assert parent(pid_of(box)) == running._process.pid
        assert box.layers["seccomp"] == "on"
        pid = pid_of(box)
        box.close()
        wait_for(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), what="the zygote has ended")
    assert judge(CODE, SUM).correct is True


def test_a_killed_template_costs_no_verdict(template: None) -> None:
    running = Template._running
    assert running is not None
    assert judge(CODE, SUM).correct is True
    running._process.kill()
    running._process.wait()
    assert judge(CODE, SUM).correct is True
    box = Box(Wanted())
    box.start()
    assert parent(pid_of(box)) == os.getpid()
    box.close()


def test_the_template_ends_with_its_owner() -> None:
    script = (
        "import sys\nfrom util.code.launch import Template\nfrom util.code.judge import box_for\n"
        "from util.code.problem import Wanted\nTemplate.start(sys.executable)\nbox_for(Wanted())\n"
        "print('up', flush=True)\nsys.stdin.readline()\n"
    )
    with family.keep_orphans():
        before = {process.pid for process in family.running()}
        with subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "up\n"
            assert len({process.pid for process in family.running()} - before) >= 3
            owner.kill()
        wait_for(lambda: not {process.pid for process in family.running()} - before, what="everything has ended")


def test_its_address_reaches_the_checkers_and_no_program(template: None) -> None:
    from util.system.credentials import is_private

    assert not is_private(ADDRESS, os.environ[ADDRESS])
    assert judge(f"import os\nprint({ADDRESS!r} in os.environ)", Tests([""], ["False\n"])).correct is True


@pytest.mark.parametrize("through_template", [True, False])
def test_no_descriptor_of_the_judge_reaches_a_program(through_template: bool) -> None:
    """Whatever numbers the judging process uses: also above those that the sandbox uses itself."""
    close_boxes()
    if through_template:
        Template.start(sys.executable)
    held = [socket.socketpair() for _ in range(60)]  # the next descriptor has a number above 100
    code = (
        "import os\nfound = []\nfor fd in range(3, 1000):\n"
        "    try: os.fstat(fd)\n    except OSError: continue\n    found.append(fd)\nprint(found)"
    )
    try:
        for namespaces in (True, False):
            verdict = judge(code, Tests([""], ["[61, 62, 63]\n"]), Judging(Wanted(namespaces=namespaces)))
            assert verdict.correct is True, verdict
    finally:
        close_boxes()
        Template.stop()
        for pair in held:
            for end in pair:
                end.close()


def test_a_starved_probe_is_tried_again_and_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = Box.run, list[float]()

    def starved(self: Box, op: str, code: Any, tests: Any, limits: Limits, *rest: Any, **options: Any) -> Run:
        asked.append(limits.cpu)
        run = real(self, op, code, tests, limits, *rest, **options)
        if len(asked) < 3:
            object.__setattr__(run, "flags", 1)
            run.progress.stdout.clear()
        return run

    monkeypatch.setattr(Box, "run", starved)
    box = Box(Wanted())
    box.start()
    assert box.level in ("strong", "full")
    assert asked == list(boxes.PROBE_SECONDS)
    box.close()

    def never(self: Box, *args: Any, **options: Any) -> Run:
        run = real(self, *args, **options)
        object.__setattr__(run, "flags", 1)
        return run

    monkeypatch.setattr(Box, "run", never)
    with pytest.raises(UserError, match="did not finish in 60 s: the machine is too busy"):
        Box(Wanted()).start()


def test_a_flood_of_reports_is_not_read() -> None:
    code = (
        "import os, struct\nrecord = struct.pack('<cI', b'X', 0) * 100_000\n"
        "for _ in range(30):\n    os.write(63, record)\nprint(3)"
    )
    start = time.thread_time()
    assert judge(code, SUM).correct is False
    assert time.thread_time() - start < 1
    call = code.replace("print(3)", "def f(x): return x")
    start = time.thread_time()
    assert judge(call, Tests([[1], [2]], [1, 3], "f")).correct is False
    assert time.thread_time() - start < 1


def test_twenty_programs_start_quickly() -> None:
    """The CPU time of a run is measured in benchmarks/judge.py; here, that the pool needs one import of everything."""
    script = (
        "import json, sys\nfrom util.code.launch import Template\nfrom util.code.box import Box\n"
        "from util.code.problem import Wanted\nTemplate.start(sys.executable)\n"
        "times = []\n"
        "for _ in range(6):\n    box = Box(Wanted())\n    box.start()\n    times.append(box.cpu_seconds())\n    box.close()\n"
        "print(json.dumps(times))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert min(json.loads(done.stdout)) < 0.2
