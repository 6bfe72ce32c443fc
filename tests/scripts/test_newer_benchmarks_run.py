"""Every newer benchmark from a Hub of our own through one engine start of ``eval.py``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.hub_benchmarks import benchmark_hub
from support.scripts import results_in, script

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("newer_benchmarks")]

EVALS = (
    "AIME26", "HMMT-Feb25", "HMMT-Nov25", "HMMT-Feb26", "BRUMO25", "SMT25", "CMIMC25", "Omni-MATH", "SuperGPQA", "MMLU-Redux",
    "GPQAMain", "HLE", "IFEval", "BBH", "BBEH", "Codeforces", "HumanEvalPlus", "MBPPPlus",
    "LiveCodeBench:release_v6:2025-01..2025-06",
)  # fmt: skip


def test_all_run_in_one_engine_start(embedded_model: Path, tmp_path: Path) -> None:
    """The first "e" ends a response: it takes few tokens, is not truncated, and its checker runs."""
    hub = benchmark_hub()
    env = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hub"), "HF_TOKEN": "hf_member", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}  # fmt: skip
    scores = tmp_path / "scores.json"
    try:
        done = script(
            "eval.py", "--model", embedded_model, "--evals", ",".join(EVALS), "--limit", "1", "--max-tokens", "16",
            "--sampling-args", 'stop=["e"]', "--result-dir", tmp_path / "results", "--output-file", scores, "--max-failed", "100%",
            env=env, timeout=300,
        )  # fmt: skip
    finally:
        hub.close()
    assert done.returncode == 0, done.stderr[-3000:]
    assert set(json.loads(scores.read_text())) == set(EVALS)
    finished = []
    for name in EVALS:
        [path] = (tmp_path / "results").glob(f"*_{name.partition(':')[0]}_*_0_1.json")
        [entry] = results_in(path).values()
        [response] = entry["responses"]["0"]
        assert response["reason"], (name, response)
        finished.append(response["finish_reason"])
    assert set(finished) <= {"stop", "length"}
    assert finished.count("stop") > len(EVALS) // 2  # so that checkers ran
