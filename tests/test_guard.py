"""An engine's processes end with the script, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, script
from test_engine import command, completions, result_file

from util.journal import journal_path
from util.resultfile import read_results

STARTS = """
import subprocess, sys, time
from util.engines.guard import Guard
def child():
    return subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
before = child()
guard = Guard()
engine = child()
time.sleep(1)
guard.loaded()
time.sleep(0.5)
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
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


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
        assert psutil.wait_procs(children[1:2], timeout=20)[0]
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
        deadline = time.monotonic() + 20
        while any(map(running, guards)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not running(guards[0])
        assert [running(child) for child in children] == [True, stays, True]
    finally:
        finish(process, children)


def start_with_engine_process(arguments: list[str]) -> subprocess.Popen[bytes]:
    """A script whose engine is a process of its own, as on GPUs."""
    spawned = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn"}
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | spawned, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def engines(pid: int) -> list[psutil.Process]:
    return [
        p for p in psutil.Process(pid).children() if "EngineCore" in p.name() or "spawn_main" in "".join(p.cmdline())
    ]


@pytest.mark.engine
def test_a_killed_script_leaves_no_engine_behind_and_the_rerun_finishes(tiny_model: Path, tmp_path: Path) -> None:
    arguments = command(tiny_model, tmp_path, "--end", "6")
    for moment in ("loading", "generating"):
        process = start_with_engine_process(arguments)
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            journals = list(tmp_path.glob("*.journal.jsonl"))
            if (moment == "loading" and engines(process.pid)) or any(map(completions, journals)):
                break
            time.sleep(0.02)
        left = engines(process.pid)
        assert left, moment
        if moment == "loading":
            time.sleep(3)
        os.kill(process.pid, signal.SIGKILL)  # not its group
        process.wait()
        assert not psutil.wait_procs(left, timeout=20)[1], moment
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    path = result_file(tmp_path)
    assert len(completions(journal_path(path))) == 6 * 4
    assert len(list(read_results(path))) == 6
