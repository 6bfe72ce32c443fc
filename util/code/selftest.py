"""Self-test of the sandbox: right verdicts, and layers that block what they must block."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from util.code.box import Box, BoxError
from util.code.calibration import speed
from util.code.judge import box_for, close_boxes, judge
from util.code.launch import Template
from util.code.problem import Judging, Limits, Tests
from util.system.errors import UserError
from util.system.messages import tell

_DOUBLE = Tests(["2\n"], ["4\n"])
_SECRET = "planted-4711"  # a canary, not a password


@dataclass(frozen=True)
class Canary:
    """A program with a known verdict. quick: it runs at the start of every checking run.

    containment: it tests isolation, not the verdict.
    """

    what: str
    code: str
    reason: str
    quick: bool = True
    containment: bool = False
    tests: Tests = _DOUBLE


def canaries(planted: str) -> list[Canary]:
    """All canaries. planted: path of a file with a secret, which must not be readable."""
    # Records in the harness's format, written to its descriptor: "all tests are done, nothing was printed".
    forged = "struct.pack('<cIQ', b'M', 8, 0)"
    refused = "try:\n    {}\nexcept OSError:\n    print(4)\nelse:\n    print('not stopped')"
    return [
        Canary("right program", "print(int(input()) * 2)", "passed all 1 tests"),
        Canary("right function", "def f(x): return 2 * x", "passed all 2 tests", tests=Tests([[2], [3]], [4, 6], "f")),
        Canary("wrong program", "print(int(input()) * 3)", "wrong answer on test 1 of 1"),
        Canary("crash", "1 / 0", "runtime error on test 1 of 1"),
        Canary("not Python", "int main() {", "compile error"),
        Canary(
            "forged verdict",
            f"import os, struct\nfor fd in (63, 62, *range(3, 61)):\n    try: os.write(fd, {forged} * 3)\n"
            "    except OSError: pass\nos._exit(0)",
            "wrong answer on test 1 of 3",
            tests=Tests(["2\n", "3\n", "4\n"], ["4\n", "6\n", "8\n"]),
        ),
        Canary("fork", refused.format("__import__('os').fork()"), "passed all 1 tests", containment=True),
        Canary("socket", refused.format("__import__('socket').socket()"), "passed all 1 tests", containment=True),
        Canary(
            "signal to others", refused.format("__import__('os').kill(-1, 0)"), "passed all 1 tests", containment=True
        ),
        Canary(
            "file outside", refused.format(f"print(open({planted!r}).read())"), "passed all 1 tests", containment=True
        ),
        Canary(
            "file written outside",
            refused.format(f"open({planted!r}, 'r+').write('changed')"),
            "passed all 1 tests",
            containment=True,
        ),
        Canary(
            "environment",
            "import os\nprint(4 if os.environ.get('SECRET') is None else 5)",
            "passed all 1 tests",
            containment=True,
        ),
        Canary("endless loop", "while True: pass", "time limit on test 1 of 1", quick=False),
        Canary("sleep", "import time\ntime.sleep(60)", "time limit on test 1 of 1", quick=False),
        Canary("memory", "x = bytearray(2 ** 33)\nprint(4)", "memory limit on test 1 of 1", quick=False),
        Canary("endless output", "while True: print('x' * 9999)", "output limit on test 1 of 1", quick=False),
    ]


def run(judging: Judging, *, quick: bool) -> Iterator[tuple[Canary, str]]:
    """Judge each canary; yield it with the reason of its verdict.

    Raises:
        UserError: the sandbox cannot start, or is weaker than required.
    """
    judging = replace(judging, cpu=None, memory=None, lenient=False, limits=Limits(cpu=1, wall=2))
    with _planted() as path:
        for canary in canaries(path):
            if canary.quick or not quick:
                yield canary, judge(canary.code, canary.tests, judging).reason


def preflight(judging: Judging, *, calibrate: bool = True) -> dict[str, Any]:
    """Run the quick canaries before a checking run; return the sandbox layers and the machine's speed for its manifest.

    The template of this run keeps running: the checkers' sandboxes start from it.

    Raises:
        UserError: a canary got the wrong verdict, or the sandbox is too weak.
    """
    Template.start(judging.wanted.python or sys.executable)
    for canary, reason in run(judging, quick=True):
        # --sandbox any accepts missing isolation, but not a wrong verdict.
        if reason != canary.reason and not (canary.containment and judging.wanted.level == "any"):
            raise UserError(
                f"The sandbox gives wrong verdicts: {canary.what!r} got {reason!r} instead of {canary.reason!r}. Nothing "
                "was checked. Run python -m util.code --self-test for details."
            )
    box = box_for(judging.wanted)
    tell(describe(box.level, box.layers))
    found = {"level": box.level, "layers": dict(box.layers), "interpreter": box.version, "speed": 1.0}
    if calibrate:
        measured = _speed(box)
        found["speed"] = measured
        tell(limits_line(replace(judging, speed=measured)))
    close_boxes()  # the checkers start their own
    return found


def _speed(box: Box) -> float:
    try:
        return speed(box)
    except (BoxError, ValueError) as error:
        raise UserError(
            f"The speed of this machine could not be measured ({error}): it is too busy. Rerun the command, or give "
            "--no-calibrate to use the limits as they are."
        ) from error


def limits_line(judging: Judging) -> str:
    """One line: how fast this machine is, and the limit that follows."""
    cpu = judging.cpu or judging.limits.cpu
    if judging.speed == 1:
        return f"CPU limit: {cpu:g} s per test, or the row's; this machine is as fast as the reference machine"
    return (
        f"CPU limit: {cpu * judging.speed:.2g} s per test, or {judging.speed:g} x the row's; this machine takes "
        f"{judging.speed:g} x the time of the reference machine"
    )


def describe(level: str, layers: dict[str, str]) -> str:
    """One line: the active layers, and why the others are not active."""
    on = [name for name, state in layers.items() if state == "on"]
    off = [f"{name} unavailable ({state})" for name, state in layers.items() if state != "on"]
    word = level if level != "any" else "WEAK, programs can access your files or the kernel"
    return f"sandbox: {word}: {', '.join(on) or 'no layer'}{'; ' if off else ''}{'; '.join(off)}"


@contextmanager
def _planted() -> Iterator[str]:
    before = os.environ.get("SECRET")
    os.environ["SECRET"] = _SECRET
    fd, path = tempfile.mkstemp(prefix="canary-")
    try:
        os.write(fd, _SECRET.encode())
        os.close(fd)
        os.chmod(path, 0o644)
        yield path
    finally:
        os.unlink(path)
        if before is None:
            del os.environ["SECRET"]
        else:
            os.environ["SECRET"] = before
