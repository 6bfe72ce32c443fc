"""An engine's processes end with the script, however that ends."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest
from support.scripts import ROOT

STARTS = """
import subprocess, sys
from util.engines.vllm.guard import Guard
def child():
    return subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
before = child()
guard = Guard()
engine = child()
guard.loaded()
after = child()
print(before.pid, engine.pid, after.pid, flush=True)
sys.stdin.readline()
guard.{word}()
sys.stdin.readline()
"""


def started(word: str = "close") -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A script with a guard, and its children: one from before the engine, the engine, one from after."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTS.format(word=word)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    return process, [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]


def running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # between the two
        return False


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all end within 20 s."""
    deadline = time.monotonic() + 20
    while any(map(running, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(running, processes))


def finish(process: subprocess.Popen[str], children: list[psutil.Process]) -> None:
    process.kill()
    process.communicate()
    for child in children:
        if child.is_running():
            child.kill()


def test_a_killed_script_takes_its_engine_along() -> None:
    process, children = started()
    try:
        process.kill()
        process.wait()
        assert gone(children[1:2])
        assert running(children[0])
        assert running(children[2])
    finally:
        finish(process, children)


@pytest.mark.parametrize(("word", "stays"), [("close", True), ("end", False)])
def test_closing_kills_nothing_and_ending_does(word: str, stays: bool) -> None:
    process, children = started(word)
    try:
        guards = [child for child in psutil.Process(process.pid).children() if child not in children]
        assert len(guards) == 1
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert gone(guards)
        assert [running(child) for child in children] == [True, stays, True]
    finally:
        finish(process, children)
