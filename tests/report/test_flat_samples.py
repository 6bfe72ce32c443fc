"""The flat table of samples, read with the libraries that users read it with."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from support import report_data
from support.faulty_server import FaultyServer
from support.scripts import ROOT, script

from util.report.flat_samples import FlatSample, flat_file, flat_samples, write_samples
from util.results.json_file import read_results
from util.system.errors import UserError

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """21 problems with 4 samples; the texts of one are hostile, with lone surrogates and NaN."""
    return report_data.make(tmp_path_factory.mktemp("flat") / "model_MATH500_test_all_0_-1.json", 20, 4)


@pytest.fixture(scope="module")
def tables(results: Path) -> dict[str, Path]:
    files = {end: results.parent / f"s.{end}" for end in ("jsonl", "parquet")}
    assert {write_samples(file, [results]) for file in files.values()} == {84}
    return files


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip("\n").split("\n")  # texts have other line separators, too


def test_a_row_has_what_the_result_file_has(results: Path, tables: dict[str, Path]) -> None:
    rows = [json.loads(line) for line in lines_of(tables["jsonl"])]
    kept = [(sample, response) for entry in read_results(results) for sample, response in entry.samples()]
    assert len(rows) == len(kept) == 84
    for row, (sample, response) in zip(rows, kept, strict=True):
        assert (row["problem"], row["temperature"], row["sample"]) == (sample.key, sample.temperature, sample.index)
        assert (row["correct"], row["truncated"]) == (response.correct, response.truncated)
        assert row["completion_tokens"] == response.usage.completion_tokens  # type: ignore[union-attr]
    plain = next(row for row in rows if row["correct"] and "script" not in row["response"])
    assert plain["answer"] == plain["gold"]
    assert plain["thought"].startswith("First I look at ")
    assert plain["solution"].endswith("word") is False
    assert {row["level"] for row in rows} == {"1", "2", "3", "4", "5"}
    assert all(row["gold"] for row in rows if row["truncated"])


def strict(text: str) -> Any:
    def refused(token: str) -> None:
        raise ValueError(token)

    return json.loads(text, parse_constant=refused)


def test_pandas_datasets_and_duckdb_read_the_same(tables: dict[str, Path], tmp_path: Path) -> None:
    from datasets import load_dataset

    for line in lines_of(tables["jsonl"]):
        strict(line)
    right = sum(row["correct"] is True for row in map(strict, lines_of(tables["jsonl"])))
    frames = [pandas.read_json(tables["jsonl"], lines=True, dtype=False), pandas.read_parquet(tables["parquet"])]
    for frame in frames:
        assert list(frame.columns) == list(FlatSample.__dataclass_fields__)
        assert len(frame) == 84
        assert int(frame["correct"].eq(True).sum()) == right
    loaded = load_dataset("json", data_files=str(tables["jsonl"]), split="train", cache_dir=str(tmp_path))
    assert len(loaded) == 84
    for file in tables.values():
        [found] = duckdb.sql(f"SELECT count(*), sum(correct::int) FROM '{file}'").fetchall()
        assert found == (84, right)


def test_the_lines_of_the_docs_run(tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    section = text.partition("## Samples as a table")[2].partition("\n## ")[0]
    [code] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for file in tables.values():
        (tmp_path / f"samples{file.suffix}").write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["by_level"].sum() > 0
    assert len(names["samples"]) == 84
    assert names["longest"].fetchall()
    described = section.partition("| column")[2]
    for column in FlatSample.__dataclass_fields__:
        assert f"`{column}`" in described, column


def test_numbers_that_json_has_not_are_null(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    response = {"content": "x\ud800", "finish_reason": "stop", "logprob": -math.inf}
    path.write_text(json.dumps({"q": {"responses": {"0": [response]}}}))
    [row] = flat_samples(path)
    assert row.correct is None
    assert row.thought is None
    assert write_samples(tmp_path / "s.parquet", [path]) == 1
    assert write_samples(tmp_path / "s.jsonl", [path]) == 1
    found = strict((tmp_path / "s.jsonl").read_text(encoding="utf-8"))
    assert found["logprob"] is None
    assert found["response"] == "x\ufffd"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.csv", None, "must end in .jsonl (JSON lines) or .parquet"),
        ("s.jsonl", '{"text": "training data"}\n', "is not a file of samples, so it is not overwritten"),
        ("s.parquet", "notes", "is not a file of samples"),
        ("file/s.jsonl", None, "cannot be written"),
    ],
)
def test_another_file_is_not_overwritten(tmp_path: Path, name: str, content: str | None, told: str) -> None:
    (tmp_path / "file").write_text("x")
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=re.escape(told)):
        flat_file(path)
    assert content is None or path.read_text() == content


def test_a_run_and_the_command_write_the_same(server: FaultyServer, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"problem": "1+1?", "answer": "2", "unique_id": "a/1"}) + "\n")
    words = [
        "eval.py",
        "--model",
        "openai/gpt-x",
        "--base-url",
        server.url,
        "--evals",
        "MATH500",
        "--dataset-path",
        rows,
    ]
    words += ["--result-dir", tmp_path / "out", "--output-file", tmp_path / "r.txt", "--samples"]
    for _ in range(2):  # a rerun replaces its own file
        done = script(*words, tmp_path / "s.jsonl", env=KEY)
        assert done.returncode == 0, done.stderr
    [row] = map(json.loads, (tmp_path / "s.jsonl").read_text().splitlines())
    assert (row["dataset"], row["model"], row["split"], row["row_id"]) == ("MATH500", "openai/gpt-x", "test", "a/1")
    assert row["correct"] is True
    assert row["date"]
    done = script("-m", "util.report.samples", tmp_path / "out", "--output", tmp_path / "t.jsonl")
    assert done.returncode == 0, done.stderr
    assert "1 samples of 1 result files" in done.stdout
    assert (tmp_path / "t.jsonl").read_text() == (tmp_path / "s.jsonl").read_text()
    refused = script(*words, tmp_path / "s.csv", env=KEY)
    assert refused.returncode == 1
    assert "must end in .jsonl" in refused.stderr
