"""The files of scores: one model, several models, other settings, older files, foreign files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from util.report.score_records import details_path, groups, joined, read_records, write_records
from util.system.errors import UserError


def record(benchmark: str = "AIME", model: str = "org/a", score: float | None = 0.5, **settings: Any) -> dict[str, Any]:
    return {"benchmark": benchmark, "model": model, "score": score, "date": "2026-11-28", "settings": settings}


def written(path: Path, *records: dict[str, Any]) -> tuple[Any, Any]:
    """Write each record as a run of its own; return the scores and the details."""
    for each in records:
        write_records(path, joined(read_records(path), [each]))
    return json.loads(path.read_text()), json.loads(details_path(path).read_text())


def test_one_model_keeps_the_simple_form(tmp_path: Path) -> None:
    scores, details = written(
        tmp_path / "r.txt", record(n=1), record("MATH500", score=None, n=4), record(n=1, score=0.75)
    )
    assert scores == {"MATH500": None, "AIME": 0.75}
    assert {name: each["score"] for name, each in details.items()} == scores


def test_models_stand_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    scores, details = written(path, record(n=1), record(model="b", score=0.25, n=1), record("MATH500", score=1.0, n=1))
    assert scores == {"org/a": {"AIME": 0.5, "MATH500": 1.0}, "b": {"AIME": 0.25}}
    assert details["b"]["AIME"]["settings"] == {"n": 1}
    again, _ = written(path, record(model="b", score=0.3, n=1))
    assert again == {"org/a": {"AIME": 0.5, "MATH500": 1.0}, "b": {"AIME": 0.3}}


def test_other_settings_of_one_benchmark_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    scores, _ = written(
        path,
        record(n=1, temperatures=["0"], top_p=1.0),
        record(n=8, temperatures=["0.6"], top_p=1.0, score=0.6),
        record("MATH500", n=1),
    )
    assert scores == {
        "org/a (n=1, temperatures=0)": {"AIME": 0.5},
        "org/a (n=8, temperatures=0.6)": {"AIME": 0.6},
        "org/a": {"MATH500": 0.5},
    }
    assert [each["score"] for each in read_records(path)] == [0.5, 0.6, 0.5]
    assert [each["model"] for each in read_records(path)] == ["org/a"] * 3


def test_a_failed_run_takes_the_place_of_its_own_result_alone(tmp_path: Path) -> None:
    error = {"benchmark": "AIME", "model": "org/a", "score": None, "date": "x", "settings": {"n": 8}, "error": "no"}
    scores, _ = written(tmp_path / "r.txt", record(n=1, seed=3), record(n=8, seed=3, score=0.6), error)
    assert scores == {"org/a (n=1)": {"AIME": 0.5}, "org/a (n=8)": {"AIME": None}}


def test_scores_whose_details_are_gone_stay(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    written(path, record(n=1), record(model="b", n=1))
    details_path(path).unlink()
    scores, details = written(path, record("MATH500", n=1))
    assert scores == {"org/a": {"AIME": 0.5, "MATH500": 0.5}, "b": {"AIME": 0.5}}
    assert set(details) == {"org/a"}
    old = tmp_path / "old.txt"
    old.write_text('{"AIME": 0.4, "GPQADiamond": 0.3}')
    details_path(old).write_text('{"AIME": {"model": "org/a", "total": 30, "metrics": {}}}')
    scores, _ = written(old, record("AIME", score=0.6, n=1))
    assert scores == {"GPQADiamond": 0.3, "AIME": 0.6}


FOREIGN = ['{"name": "package"}', '{"a": [1]}', '{"a": true}', "[]"]
OF_SCORES = ['{"a": {"b": "c"}}', '{"a": {"b": {"c": 1}}}', '{"a": {}}']
"""Not scores; details of an older version may look so."""


@pytest.mark.parametrize(
    ("content", "of_details"), [(each, False) for each in FOREIGN + OF_SCORES] + [(each, True) for each in FOREIGN]
)
def test_a_foreign_file_is_not_overwritten(tmp_path: Path, content: str, of_details: bool) -> None:
    path = tmp_path / "r.txt"
    (details_path(path) if of_details else path).write_text(content)
    with pytest.raises(UserError, match=r"--output-file .*(holds no scores of eval.py|not a JSON object)"):
        read_records(path)


def test_no_two_records_share_a_place() -> None:
    records = [record(n=1), record(n=1, x=1), record(n=1), {"benchmark": "AIME", "score": 0.1}]
    places = list(zip(groups(records), (each["benchmark"] for each in records), strict=True))
    assert len(set(places)) == len(records)
