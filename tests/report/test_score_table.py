"""The table of scores: what each number depends on, other characters, files of older versions, and the option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.scripts import script

from util.report.score_table import HEAD, latex, markdown, score_rows

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def details(**more: Any) -> dict[str, Any]:
    counts = {"responses": 240, "right": 90, "truncated": 24, "not_judged": 6, "failed": 0}
    return {
        "model": "a/b_c|d", "date": "2026-11-28T01:00:00+0000", "problems": 30, "by_temperature": {"0.6": counts},
        "settings": {"n": 8, "top_p": 0.95, "max_tokens": 32768, "thinking_budget": None},
        "metrics": {"0.6": {"pass@1": [0.375, 0.25, 0.5]}}, **more,
    }  # fmt: skip


def test_a_row_names_what_its_number_depends_on() -> None:
    [row] = score_rows([{"benchmark": "AIME", **details()}])
    assert row.cells() == [
        "a/b_c|d", "AIME", "37.5 [25.0, 50.0]", "30", "8", "0.6", "0.95", "32768", "10.0", "2.5", "2026-11-28",
    ]  # fmt: skip
    table = markdown([row]).splitlines()
    assert len(table) == 3
    assert "a/b_c\\|d" in table[2]
    assert {line.replace("\\|", "").count("|") for line in table} == {len(HEAD) + 1}
    lines = latex([row]).splitlines()
    assert r"a/b\_c|d & AIME" in lines[5]
    assert r"95 \% interval" in lines[3]
    assert all(lines[n].count(" & ") == len(HEAD) - 1 for n in (3, 5))


def test_facts_that_are_not_there_are_not_made_up() -> None:
    old = {"model": "m", "date": "2025-01-01", "problems": 30, "metrics": {"0": {"pass@1": [0.5, 0.3, 0.7]}}}
    failed = {"model": "m", "date": "2025-01-01", "reason": "the run ended with an error", "error": "x"}
    named = {"AIME": old, "MATH500": failed, "X": details(metrics={}, reason="too many failed")}
    rows = list(score_rows({"benchmark": name, **each} for name, each in named.items()))
    assert rows[0].cells()[2:10] == ["50.0 [30.0, 70.0]", "30", "?", "0", "?", "?", "?", "?"]
    assert [row.cells()[2] for row in rows[1:]] == ["no score", "no score"]
    [cut] = score_rows(
        [{"benchmark": "A", **details(settings={"n": 1, "max_tokens": 9, "thinking_budget": 4, "top_p": 1.0})}]
    )
    assert cut.cells()[7] == "9, thought 4"


@pytest.mark.parametrize("end", ["md", "tex"])
def test_the_table_of_two_runs(server: FaultyServer, tmp_path: Path, end: str) -> None:
    rows, table = tmp_path / "rows.jsonl", tmp_path / f"t.{end}"
    rows.write_text(json.dumps({"problem": "1+1?", "answer": "2", "unique_id": "1"}) + "\n")
    words = ["eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--dataset-path", rows]
    words += ["--result-dir", tmp_path / "out", "--output-file", tmp_path / "r.txt", "--max-tokens", "77"]
    for name in ("MATH500", "AIME"):
        done = script(*words, "--evals", name, "--table", table, env=KEY)
        assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "r_details.json").read_text())
    assert found["AIME"]["settings"]["n"] == 1
    assert "openai" in found["AIME"]["versions"]
    text = table.read_text()
    assert text.count("100.0 [") == text.count("77") == 2
    assert "MATH500" in text
    refused = script(*words, "--evals", "AIME", "--table", tmp_path / "t.html", env=KEY)
    assert refused.returncode == 2
    assert ".md (Markdown) or .tex (LaTeX)" in refused.stderr
