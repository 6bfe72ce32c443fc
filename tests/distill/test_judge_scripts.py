"""A judge model with inference_and_check.py and eval.py: the score of the rules stays, what the judge adds stands beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.judge_server import SAME, asked, honest
from support.scripts import results_in, script

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


@pytest.fixture
def both() -> Iterator[FaultyServer]:
    r"""One server for the model, which always answers \boxed{2}, and for the judge, which accepts that for one gold answer."""

    def behaviour(body: dict[str, Any], before: int) -> dict[str, Any] | int:
        if "marked lines" not in body["messages"][0]["content"]:
            return 200
        request = asked(body)
        said = request.verdict(SAME) if request.gold.startswith("n is a power") else honest(request)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
        return {"id": "x", "object": "chat.completion", "created": 0, "model": "j", "choices": [choice]}

    server = FaultyServer(behaviour)
    yield server
    server.close()


def rows(path: Path, right: int = 30) -> Path:
    golds = ["2"] * right + ["5"] * 30 + ["n is a power of 2", "x and y, 2 or 3 of them"]
    lines = [{"problem": f"Problem {i}?", "answer": gold, "subject": "s", "level": 1} for i, gold in enumerate(golds)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_the_verdict_of_a_judge_stays_beside_the_score(tmp_path: Path, both: FaultyServer) -> None:
    command: list[object] = [
        "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m", "--base-url", both.url,
        "--dataset-path", rows(tmp_path / "rows.jsonl"), "--result-dir", tmp_path / "out",
    ]  # fmt: skip
    judge = ["--judge-model", "openai/j", "--judge-base-url", both.url, "--judge-calibration", 60]
    done = script(*command, *judge, env=KEY)
    assert done.returncode == 0, done.stderr
    assert "(30 right, 30 wrong)" in done.stdout
    added = (
        "with judge (openai/j): 31 of 62 right (50.0%): 30 by the rules, 1 that only the judge accepts; it rejects 1"
    )
    assert added in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == {"acc": round(30 / 62, 4)}
    path = tmp_path / "out" / "m_MATH500_test_all_0_-1.json"
    first, sent = results_in(path), len(both.requests)
    for again in (["--check", "--recheck"], []):  # without the judge: by the rules anew, then from the journal alone
        done = script(*command, *again, env=KEY)
        assert done.returncode == 0, done.stderr
        assert added in done.stdout
        assert results_in(path) == first
    assert len(both.requests) == sent
    assert script("-m", "util.report", path, "--output", tmp_path / "r.html").returncode == 0
    assert added in (tmp_path / "r.html").read_text()


def test_eval_writes_the_judges_counts_apart_and_fails_where_it_is_refused(tmp_path: Path, both: FaultyServer) -> None:
    output = tmp_path / "results.txt"
    command: list[object] = [
        "eval.py", "--model", "openai/m", "--base-url", both.url, "--evals", "MATH500", "--result-dir", tmp_path,
        "--dataset-path", rows(tmp_path / "rows.jsonl"), "--output-file", output,
        "--judge-model", "openai/j", "--judge-base-url", both.url,
    ]  # fmt: skip
    done = script(*command, "--judge-calibration", 60, env=KEY)
    assert done.returncode == 0, done.stderr
    details = json.loads((tmp_path / "results_details.json").read_text())["MATH500"]
    assert details["with_judge"]["accepted"] == details["with_judge"]["rejected"] == 1
    assert json.loads(output.read_text()) == {"MATH500": round(30 / 62, 4)}
    done = script(*command, "--judge-calibration", 60, "--judge-min-agreement", 1, env=KEY)
    assert done.returncode == 1
    assert "the interval of the agreement begins at 0.940, more than 0.05 below --judge-min-agreement 1" in done.stderr
    assert json.loads(output.read_text()) == {"MATH500": round(30 / 62, 4)}


def test_options_of_a_judge_are_refused_where_it_has_no_say() -> None:
    command = ["inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m", "--judge-model", "openai/j"]
    done = script(*command, "--inference")
    assert done.returncode == 2
    assert "--judge-model needs a check" in done.stderr
