"""A real engine's processes end with the script, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support.scripts import ROOT, results_in, script
from support.waiting import wait_for
from test_guard import gone
from test_vllm_engine import N, command, completions, result_file

from util.results.paths import ResultPaths

SPAWNED = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_WORKER_MULTIPROC_METHOD": "spawn"}
"""The engine becomes a process of its own, as on GPUs."""


def engines(pid: int) -> list[psutil.Process]:
    return [
        p for p in psutil.Process(pid).children() if "EngineCore" in p.name() or "spawn_main" in "".join(p.cmdline())
    ]


def start(arguments: list[str], **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | env, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


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
        if moment == "loading":  # well under way, so that the guard has seen the process
            wait_for(lambda: any(sum(engine.cpu_times()[:2]) > 1 for engine in left))  # noqa: B023
        os.kill(process.pid, signal.SIGKILL)  # not its group
        process.wait()
        assert gone(left), moment
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    path = result_file(tmp_path)
    assert len(completions(ResultPaths(path).journal)) == 6 * N
    assert len(list(results_in(path))) == 6
