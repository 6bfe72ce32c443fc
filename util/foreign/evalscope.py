"""evalscope: ``reviews/MODEL/DATASET.jsonl``, and what ended each response in ``predictions/MODEL/DATASET.jsonl``.

The two files of a run have the same samples in the order in which each was finished, so that they are joined by index.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.file_names import model_of, stem
from util.foreign.foreign_values import asked, best_score, conversation, message_text, score_of
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import LENGTH, Row

_CUT = frozenset(("length", "max_tokens", "model_length"))


def knows(row: Row) -> bool:
    return "sample_score" in row or ("index" in row and "model_output" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """The rows of a file of reviews, or of predictions where there are no reviews."""
    reviews, predictions = (_in_folder(path, name) for name in ("reviews", "predictions"))
    if not reviews.exists():
        for _, row in read_file(predictions):
            yield _sample(path, row, message_text(_choice(row).get("message") or {}), cut=_is_cut(row))
        return
    cut = {row["index"] for _, row in read_file(predictions) if _is_cut(row)} if predictions.exists() else set[Any]()
    for _, row in read_file(reviews):
        score = (row.get("sample_score") or {}).get("score") or {}
        turns = [text for role, text in conversation(row.get("messages") or []) if role == "assistant"]
        text = turns[-1] if turns else str(score.get("prediction") or "")
        yield _sample(path, row, text, cut=row.get("index") in cut)


def _in_folder(path: Path, name: str) -> Path:
    parts = [name if part in ("reviews", "predictions") else part for part in path.absolute().parts]
    return Path(*parts)


def _choice(row: Row) -> Row:
    found: list[Row] = (row.get("model_output") or {}).get("choices") or [{}]
    return found[0]


def _is_cut(row: Row) -> bool:
    return (_choice(row).get("stop_reason") or _choice(row).get("finish_reason")) in _CUT


def _sample(path: Path, row: Row, text: str, *, cut: bool) -> ForeignSample:
    score: Row = (row.get("sample_score") or {}).get("score") or {}
    values = score.get("value") or {}
    name = score.get("main_score_name")
    found = (name, score_of(values[name])) if name in values else best_score(values) or ("", None)
    target = row.get("target")
    turns = [text for role, text in conversation(row.get("messages") or []) if role == "user"]
    return ForeignSample(
        model=model_of(path),
        task=stem(path),
        grader=str(found[0] or ""),
        problem=str((row.get("sample_score") or {}).get("group_id", row.get("index", ""))),
        response=text,
        question=(turns[-1] if turns else "") or asked(row.get("input") or ""),
        gold=target[0] if isinstance(target, list) and target else target or None,
        score=found[1],
        answer=score.get("extracted_prediction"),
        finish_reason=LENGTH if cut else "",
        row=without(row, "messages", "target", "sample_score", "model_output") | {"scores": values},
    )
