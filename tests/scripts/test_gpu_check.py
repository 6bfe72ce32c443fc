"""The check of a GPU machine, with a tiny model where there is no GPU: every step runs, and every failure is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.scripts import ROOT, script
from support.waiting import wait_for

pytestmark = pytest.mark.engine

CHECK = ("-m", "benchmarks.gpu_check")
SMALL = (*CHECK, "--small", "--minutes", "14", "--limit", "400")
"""A busy machine needs more time than a GPU."""
NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}


def steps(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["step"]: row for row in json.loads((folder / "gpu_check.json").read_text())["steps"]}


def test_every_step_passes_with_a_tiny_model(tmp_path: Path) -> None:
    done = script(*SMALL, "--output", tmp_path, timeout=860)
    assert done.returncode == 0, done.stdout + done.stderr
    found = steps(tmp_path)
    assert list(found) == ["devices", "quickstart", "overhead", "kill", "guard", "ray", "memory"]
    assert {row["result"] for row in found.values()} == {"ok"}
    figures = {name: row["figures"] for name, row in found.items()}
    assert figures["devices"]["versions"]["torch"]
    assert figures["quickstart"]["responses"] == 4
    assert figures["overhead"]["ratio"] > 0
    assert {len(rates) for rates in figures["overhead"]["tokens_per_second"].values()} == {2}
    kill = figures["kill"]
    assert kill["complete"] == kill["responses"] == 8
    assert kill["begun_anew"] == 0
    assert 0 < kill["continued"] == kill["in_flight_with_tokens"] <= 4
    assert kill["finished_before_the_kill"] >= 4
    assert kill["continued"] * 16 <= kill["tokens_continued"] < 4 * 400
    assert figures["guard"]["engine_processes"] == 1
    assert figures["ray"]["ratio"] > 0
    assert figures["memory"]["left_running"] == []
    for name, row in found.items():
        assert f"{name:<11} ok " in done.stdout
        assert all(line in done.stdout for line in row["lines"])


def test_a_step_beyond_its_limit_is_stopped_with_all_its_processes(tmp_path: Path) -> None:
    done = script(*CHECK, "--small", "--limit", "4", "--steps", "kill", "--output", tmp_path)
    assert done.returncode == 1
    found = steps(tmp_path)
    assert found["kill"]["result"] == "failed"
    assert found["kill"]["lines"] == ["stopped: not finished within 4 s"]
    assert found["memory"]["result"] == "ok"
    assert "4 s" in done.stdout


def test_a_failed_step_is_told_with_its_log_and_the_next_one_runs(tmp_path: Path) -> None:
    done = script(
        *SMALL, "--steps", "quickstart", "devices", "--output", tmp_path, env={"VLLM_LOGGING_LEVEL": "NONSENSE"}
    )
    assert done.returncode == 1
    found = steps(tmp_path)
    assert [found[name]["result"] for name in ("quickstart", "devices", "memory")] == ["failed", "ok", "ok"]
    assert found["quickstart"]["lines"] == ["inference_and_check.py ended with status 1"]
    assert "End of the log of quickstart:" in done.stdout
    assert "NONSENSE" in "\n".join(found["quickstart"]["tail"])


def test_steps_without_time_are_not_run(tmp_path: Path) -> None:
    done = script(*CHECK, "--small", "--minutes", "0.1", "--steps", "kill", "guard", "--output", tmp_path)
    assert done.returncode == 1
    assert [row["result"] for row in steps(tmp_path).values()] == ["not run", "not run", "ok"]


def test_memory_that_does_not_come_back_is_told(tmp_path: Path) -> None:
    """A program in place of nvidia-smi says that 70,000 MiB more are in use after the first call."""
    fake, mark = tmp_path / "bin" / "nvidia-smi", tmp_path / "called"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n[ -e {mark} ] && echo 70010 || echo 10\ntouch {mark}\n")
    fake.chmod(0o755)
    path = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
    done = script(
        *CHECK,
        "--small",
        "--minutes",
        "0.1",
        "--steps",
        "devices",
        "--output",
        tmp_path,
        env=path,
        without=tuple(NO_GPU),
    )
    assert done.returncode == 1
    memory = steps(tmp_path)["memory"]
    assert memory["result"] == "failed"
    assert "GPU memory in use: 10 MiB before the check, 70010 MiB after it" in memory["lines"]


def test_without_a_gpu_the_large_model_is_refused(tmp_path: Path) -> None:
    done = script(*CHECK, "--output", tmp_path, env=NO_GPU)
    assert done.returncode == 1
    assert "use --small" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_check_takes_its_steps_along(tmp_path: Path, number: int, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, *SMALL, "--steps", "guard", "--output", str(tmp_path)], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip

    def runs() -> list[psutil.Process]:
        found = psutil.Process(process.pid).children(recursive=True)
        return [each for each in found if "inference_and_check.py" in words(each)]

    try:
        wait_for(runs, what="the run of the step")
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(below) >= 2
    finally:
        process.send_signal(number)
    assert process.wait(120) == status
    wait_for(lambda: not any(each.is_running() for each in below), what="the end of the step's processes")


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []
