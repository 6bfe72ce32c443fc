"""The scripts on a system without /proc, without Linux's functions and without ``fcntl`` (tests/support/macos)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, SAMPLES, script

HOOK = {"PYTHONPATH": str(ROOT / "tests" / "support" / "macos"), "OPENAI_API_KEY": "sk-only-here-9999"}
NO_LOCKS = "is on a file system without locks (no record locks on darwin)"


def on_macos(*words: object) -> subprocess.CompletedProcess[str]:
    done = script(*words, env=HOOK)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_hook_hides_what_it_should() -> None:
    code = "import os, sys; print(sys.platform, hasattr(os, 'fdatasync'), os.path.exists('/proc/self'));"
    assert on_macos("-c", code).stdout.split() == ["darwin", "False", "False"]
    assert script("-c", "import fcntl", env=HOOK).returncode == 1


@pytest.mark.parametrize(
    "name", ["label_math_difficulty.py", "convert_format.py", "convert_to_data.py", "inference_and_check.py", "eval.py"]
)
def test_help(name: str) -> None:
    assert on_macos(name, "--help").stdout.startswith("usage")


def solved(body: dict[str, Any], _: int) -> dict[str, Any]:
    thought = "First I add the two numbers, which gives the answer. " * 4
    found: dict[str, Any] = answer(body)
    for choice in found["choices"]:
        choice["message"]["content"] = f"<think>\n{thought}\n</think>\n\nThe sum is \\boxed{{2}}."
    return found


def test_the_pipeline_with_an_api_and_mathematics(tmp_path: Path) -> None:
    """Generate and check, format, merge, evaluate, report, judge again; a rerun generates nothing."""
    rows, data = tmp_path / "rows.jsonl", tmp_path / "data"
    fields = {"solution": "\\boxed{2}", "source": "math", "answer": "2", "unique_id": "1"}
    rows.write_text("".join(json.dumps({"problem": f"What is 1+1, asked {n} times?", **fields}) + "\n" for n in (1, 2)))
    server = FaultyServer(solved)
    api = ["--model", "openai/gpt-x", "--base-url", server.url, "--result-dir"]
    try:
        generate = [
            "inference_and_check.py",
            "--dataset",
            "NUMINA",
            "--source",
            "all",
            "--dataset-path",
            rows,
            *api,
            data,
        ]
        first = on_macos(*generate)
        assert first.returncode == 0, first.stderr
        assert json.loads(first.stdout.splitlines()[-1]) == {"acc": 1.0}
        assert NO_LOCKS in first.stderr
        sent = len(server.requests)
        assert on_macos(*generate).returncode == 0
        assert len(server.requests) == sent

        done = on_macos("convert_format.py", "--input-dir", data, "--rewriter", "rules")
        assert done.returncode == 0, done.stderr
        assert on_macos(*generate, "--check").returncode == 0
        done = on_macos(
            "convert_to_data.py", "--input-dir", data, "--output", tmp_path / "train.json", "--use", "converted"
        )
        assert done.returncode == 0, done.stderr
        assert len(json.loads((tmp_path / "train.json").read_text())) == 2

        evaluate = ["eval.py", "--evals", "MATH500", "--dataset-path", rows, *api, tmp_path / "eval"]
        done = on_macos(*evaluate, "--output-file", tmp_path / "r.txt", "--report", tmp_path / "r.html")
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "r.txt").read_text()) == {"MATH500": 1.0}
        assert (tmp_path / "r.html").stat().st_size > 10_000
    finally:
        server.close()
    done = on_macos("eval.py", "--rejudge", tmp_path / "eval", "--task", "MATH500")
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("*.owner"))


def test_labels(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"problem": "1+1?", "solution": "\\boxed{2}", "source": "math"}) + "\n")

    def level(body: dict[str, Any], _: int) -> dict[str, Any]:
        found: dict[str, Any] = answer(body)
        found["choices"][0]["message"]["content"] = "Rating: [[3]]"
        return found

    server = FaultyServer(level)
    try:
        done = on_macos(
            "label_math_difficulty.py", "--source", "math", "--dataset-path", rows, "--output-dir", tmp_path / "out",
            "--base-url", server.url,
        )  # fmt: skip
    finally:
        server.close()
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.json"))


def test_code_says_what_it_needs_before_anything_is_sent(server: FaultyServer, tmp_path: Path) -> None:
    done = on_macos(
        "inference_and_check.py", "--dataset", "APPS", "--source", "all", "--dataset-path", SAMPLES / "apps.jsonl",
        "--model", "openai/gpt-x", "--base-url", server.url, "--result-dir", tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "There is no sandbox for darwin" in done.stderr
    assert "Run the tool on Linux" in done.stderr
    assert server.requests == []
