"""--export and --log-to: the Hub's evaluation results, Every Eval Ever, Trackio."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import parse_eval_result_entries
from support.faulty_server import FaultyServer
from support.scripts import script

from util.report.every_eval_ever import document, model_id
from util.report.exports import check_exports, write_exports

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
HUB = {"id": "math-ai/aime25", "config": None, "revision": "563bb840", "commit": "563bb840"}


def record(**more: Any) -> dict[str, Any]:
    counts = {"responses": 240, "right": 90, "truncated": 24, "not_judged": 0, "failed": 0}
    settings = {
        "n": 8, "temperatures": ["0.6"], "top_p": 0.95, "max_tokens": 32768, "thinking_budget": None, "seed": 0,
        "sampling_args": {"top_k": 20}, "prompt_hash": "abc",
    }  # fmt: skip
    return {
        "benchmark": "AIME25", "model": "openai/org/model", "score": 0.375, "date": "2026-11-28T01:00:00+0000",
        "problems": 30, "by_temperature": {"0.6": counts}, "settings": settings, "dataset": HUB,
        "selection": {"split": "test", "source": "", "start": 0, "end": -1, "columns": []},
        "metrics": {"0.6": {"pass@1": [0.375, 0.25, 0.5], "pass@8": [0.5, 0.4, 0.6]}}, "command": "python eval.py --x",
        **more,
    }  # fmt: skip


def test_the_hubs_entry_is_read_by_its_own_library(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    assert write_exports([("hub", path)], [record()]) == []
    [entry] = parse_eval_result_entries(yaml.safe_load(path.read_text()))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("math-ai/aime25", "default", 37.5)
    assert (entry.dataset_revision, entry.date) == ("563bb840", "2026-11-28T01:00:00+0000")
    for fact in (
        "interval 25.0, 50.0]",
        "30 problems",
        "n 8",
        "temperature 0.6",
        "max. tokens 32768",
        "truncated 10.0 %",
    ):
        assert fact in (entry.notes or "")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"score": None, "reason": "too many responses failed"}, "too many responses failed"),
        ({"dataset": {"path": "rows.jsonl"}}, "not known to come from the Hub"),
        ({"selection": {"start": 0, "end": 5}}, "only a part"),
        ({"selection": {"columns": [["subject", "law"]]}}, "only a part"),
        ({"metrics": {}}, "it has no details"),
    ],
)
def test_what_is_no_result_of_the_benchmark_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: dict[str, Any], told: str
) -> None:
    path = tmp_path / "r.yaml"
    assert write_exports([("hub", path)], [record(**more)]) == ["--export hub"]
    assert told in capsys.readouterr().err
    assert not path.exists()
    assert write_exports([("hub", path)], [record(**more), record(benchmark="B")]) == []
    assert len(yaml.safe_load(path.read_text())) == 1
    check_exports([("hub", path)])  # its own file may be replaced
    own = tmp_path / "e.json"
    assert write_exports([("every-eval-ever", own)], [record()]) == []
    check_exports([("every-eval-ever", own)])


def test_every_eval_ever_has_the_fields_of_its_schema() -> None:
    found = document([record(), record(benchmark="own", dataset={"path": "x"})])
    assert set(found) == {
        "schema_version", "evaluation_id", "evaluation_timestamp", "retrieved_timestamp", "source_metadata", "model_info",
        "eval_library", "evaluation_results",
    }  # fmt: skip
    assert found["model_info"] == {"name": "model", "id": "org/model", "developer": "org"}
    first, second = found["evaluation_results"]
    assert first["source_data"]["hf_repo"] == "math-ai/aime25"
    assert second["source_data"]["source_type"] == "other"
    assert (
        first["metric_config"] | {"min_score": 0, "max_score": 1, "score_type": "continuous"} == first["metric_config"]
    )
    assert first["score_details"]["score"] == 0.375
    interval = first["score_details"]["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"], interval["confidence_level"]) == (0.25, 0.5, 0.95)
    assert first["generation_config"]["generation_args"] == {
        "temperature": 0.6, "top_p": 0.95, "max_tokens": 32768, "top_k": 20, "execution_command": "python eval.py --x",
    }  # fmt: skip
    for place in (first["score_details"]["details"], first["generation_config"]["additional_details"]):
        assert place
        assert all(isinstance(value, str) for value in place.values())  # the schema's details are texts


@pytest.mark.parametrize(
    ("model", "expected"),
    [("openai/gpt-x", "openai/gpt-x"), ("openai/Qwen/Q3", "Qwen/Q3"), ("Qwen/Q3", "Qwen/Q3")],
)
def test_the_models_name(model: str, expected: str) -> None:
    assert model_id(model) == expected


def test_a_local_models_folders_are_not_published(tmp_path: Path) -> None:
    (tmp_path / "home" / "mine").mkdir(parents=True)
    assert model_id(str(tmp_path / "home" / "mine")) == "mine"


def evaluate(server: FaultyServer, folder: Path, *extra: object, env: dict[str, str] | None = None) -> Any:
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps({"problem": "1+1?", "answer": "2", "unique_id": "1"}) + "\n")
    return script(
        "eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--evals", "MATH500", "--dataset-path", rows,
        "--result-dir", folder / "out", "--output-file", folder / "r.txt", *extra, env=KEY | (env or {}),
    )  # fmt: skip


def test_a_run_is_exported_and_logged(server: FaultyServer, tmp_path: Path) -> None:
    own, hub = tmp_path / "eee.json", tmp_path / "hub.yaml"
    env = {"TRACKIO_DIR": str(tmp_path / "tracker"), "HOME": str(tmp_path)}
    done = evaluate(server, tmp_path, "--export", f"every-eval-ever={own}", "--log-to", "trackio:mine", env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"MATH500": 1.0}
    assert "trackio" not in done.stdout.lower()
    [result] = json.loads(own.read_text())["evaluation_results"]
    assert result["score_details"]["score"] == 1.0
    with sqlite3.connect(tmp_path / "tracker" / "mine.db") as database:
        [(text,)] = database.execute("SELECT metrics FROM metrics").fetchall()
    assert json.loads(text)["MATH500/pass@1"] == 1.0
    assert json.loads(text)["MATH500/truncated"] == 0.0

    refused = evaluate(server, tmp_path, "--export", f"hub={hub}")
    assert refused.returncode == 1
    assert "leaves out MATH500: its rows are not known to come from the Hub" in refused.stderr
    assert not hub.exists()
    assert json.loads((tmp_path / "r.txt").read_text()) == {"MATH500": 1.0}


def test_a_tracker_that_fails_loses_nothing(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = evaluate(server, tmp_path, "--log-to", "trackio", env={"TRACKIO_DIR": str(tmp_path / "file" / "x")})
    assert done.returncode == 1
    assert "error: --log-to trackio failed: " in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "r.txt").read_text()) == {"MATH500": 1.0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--export", "hub"], "must be FORM=FILE"),
        (["--export", "mlflow=x"], "hub or every-eval-ever"),
        (["--log-to", "mlflow"], "must be trackio or wandb"),
        (["--log-to", "wandb"], "--log-to wandb: the package 'wandb' is not installed. Run: pip install wandb"),
        (["--export", "hub={tmp}/rows.jsonl/x.yaml"], "--export hub= {tmp}/rows.jsonl/x.yaml cannot be written"),
        (["--export", "hub={tmp}/rows.jsonl"], "rows.jsonl exists and is not a file that --export hub wrote"),
        (["--export", "every-eval-ever={tmp}/rows.jsonl"], "is not a file that --export every-eval-ever wrote"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    server: FaultyServer, tmp_path: Path, words: list[str], told: str
) -> None:
    done = evaluate(server, tmp_path, *(word.format(tmp=tmp_path) for word in words))
    assert done.returncode in (1, 2)
    assert told.format(tmp=tmp_path) in done.stderr
    assert server.requests == []
