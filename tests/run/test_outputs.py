"""Outputs beside the result file: eval.py's scores, two processes with one output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.scripts import ROOT, script
from support.waiting import wait_for

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def evaluate(server: FaultyServer, folder: Path, evals: str, output: Path, *extra: object) -> Any:
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps({"problem": "1+1?", "answer": "2", "unique_id": "1"}) + "\n")
    return script(
        "eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--evals", evals, "--dataset-path", rows,
        "--result-dir", folder / "out", "--output-file", output, *extra, env=KEY,
    )  # fmt: skip


def test_a_second_eval_keeps_the_scores_of_the_first(server: FaultyServer, tmp_path: Path) -> None:
    output = tmp_path / "results.txt"
    output.write_text(json.dumps({"GPQADiamond": 0.25, "AIME": None, "MATH500": 0.1}))
    done = evaluate(server, tmp_path, "MATH500", output)
    assert done.returncode == 0, done.stderr
    assert json.loads(output.read_text()) == {"GPQADiamond": 0.25, "AIME": None, "MATH500": 1.0}
    assert json.loads(done.stdout.splitlines()[-1]) == {"MATH500": 1.0}
    details = tmp_path / "results_details.json"
    details.write_text(json.dumps(json.loads(details.read_text()) | {"AIME": {"total": 30}}))
    assert evaluate(server, tmp_path, "MATH500", output).returncode == 0
    assert set(json.loads(details.read_text())) == {"MATH500", "AIME"}
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".jsonl" and path.is_file()) == [
        "results.txt", "results_details.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "content", "named"),
    [
        ("--output-file", "my notes", "not a JSON object"),
        ("--output-file", '{"name": "package"}', "holds no scores of eval.py"),
        ("--output-file", None, "is not a folder"),
        ("--csv", None, "is not a folder"),
        ("--report", None, "is not a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_generated(
    server: FaultyServer, tmp_path: Path, option: str, content: str | None, named: str
) -> None:
    path = tmp_path / "file"
    path.write_text(content or "x")
    wrong = path if content else path / "r.txt"
    output = wrong if option == "--output-file" else tmp_path / "results.txt"
    done = evaluate(server, tmp_path, "MATH500", output, *([] if option == "--output-file" else [option, wrong]))
    assert done.returncode == 1
    assert named in done.stderr
    assert f"{option} {wrong}" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.requests == []
    assert path.read_text() == (content or "x")


def test_a_second_process_with_the_same_training_file_is_refused(tmp_path: Path) -> None:
    """The first waits for its extra file, a pipe."""
    marked = "<|begin_of_thought|>\n\nx\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n2\n\n<|end_of_solution|>"
    response = {"content": "x", "processed_content": marked, "correctness": True, "finish_reason": "stop"}
    (tmp_path / "converted_m.json").write_text(json.dumps({"q": {"responses": {"0.7": [response]}}}))
    pipe = tmp_path / "extra.jsonl"
    os.mkfifo(pipe)
    command = ["convert_to_data.py", "--input_dir", tmp_path, "--output", tmp_path / "out" / "train.json"]
    with subprocess.Popen([sys.executable, *map(str, command), "--extra", str(pipe)], cwd=ROOT) as first:
        wait_for((tmp_path / "out" / ".train.json.lock").exists, what="the first holds the lock")
        second = script(*command)
        assert second.returncode == 1
        assert "train.json is in use by another process" in second.stderr
        pipe.write_text("")
        assert first.wait(60) == 0
    assert len(json.loads((tmp_path / "out" / "train.json").read_text())) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dataset_info.json", "train.json"]
