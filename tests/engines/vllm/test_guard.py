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
from support.scripts import ROOT, script
from test_vllm_engine import N, command, completions, result_file, start

from util.engines.vllm.load_model import load_message
from util.results.journal import journal_path
from util.results.json_file import read_results

STARTS = """
import subprocess, sys, time
from util.engines.vllm.guard import Guard
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


SPAWNED = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn"}
"""The engine becomes a process of its own, as on GPUs."""


def engines(pid: int) -> list[psutil.Process]:
    return [
        p for p in psutil.Process(pid).children() if "EngineCore" in p.name() or "spawn_main" in "".join(p.cmdline())
    ]


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("Free memory on device cuda:0 (9.62/139.8 GiB) is less than desired GPU memory utilization", "nvidia-smi"),
        ("No available memory for the cache blocks", "--max-model-len"),
        ("Engine core initialization failed. See root cause above.", "printed above"),
        ("/models/memory-1b has no weights", "Look at the folder's files"),
    ],
)
def test_a_model_that_does_not_load_says_what_to_do(cause: str, advice: str, tmp_path: Path) -> None:
    error = RuntimeError("outer")
    error.__cause__ = ValueError(cause)
    message = load_message(str(tmp_path), error)
    assert cause in message
    assert advice in message


@pytest.mark.engine
def test_a_killed_script_leaves_no_engine_behind_and_the_rerun_finishes(tiny_model: Path, tmp_path: Path) -> None:
    arguments = command(tiny_model, tmp_path, "--end", "6")
    for moment in ("loading", "generating"):
        process = start(arguments, **SPAWNED)
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
        assert gone(left), moment
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    path = result_file(tmp_path)
    assert len(completions(journal_path(path))) == 6 * N
    assert len(list(read_results(path))) == 6
