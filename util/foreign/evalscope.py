"""evalscope: ``reviews/MODEL/DATASET.jsonl``, and the responses in ``predictions/MODEL/DATASET.jsonl``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from util.foreign.file_names import model_of, stem
from util.foreign.foreign_values import asked, best_score, message_text
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row
from util.system.errors import UserError


def knows(row: Row) -> bool:
    return "sample_score" in row or ("index" in row and "model_output" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """The rows of a file of reviews or predictions, each with its partner in the other folder.

    Raises:
        UserError: the two files are not of the same samples in the same order.
    """
    reviews, predictions = (_in_folder(path, name) for name in ("reviews", "predictions"))
    empty: Iterator[tuple[str, Row]] = iter(())
    pairs = zip_longest(
        read_file(reviews) if reviews.exists() else empty, read_file(predictions) if predictions.exists() else empty
    )
    for review, prediction in pairs:
        (place, row), (_, made) = review or ("", {}), prediction or ("", {})
        if row and made and row.get("index") != made.get("index"):
            raise UserError(f"{place}: index {row.get('index')} here is {made.get('index')} in {predictions}.")
        yield _sample(path, row, made)


def _in_folder(path: Path, name: str) -> Path:
    parts = [name if part in ("reviews", "predictions") else part for part in path.absolute().parts]
    return Path(*parts)


def _sample(path: Path, row: Row, made: Row) -> ForeignSample:
    score = (row.get("sample_score") or {}).get("score") or {}
    name, value = best_score(score.get("value") or {}) or ("", None)
    output = made.get("model_output") or {}
    choice = (output.get("choices") or [{}])[0]
    text = message_text(choice.get("message") or {}) or score.get("prediction") or row.get("prediction") or ""
    return ForeignSample(
        model=str(output.get("model") or made.get("model") or model_of(path)),
        task=stem(path),
        grader=name,
        problem=str((row.get("sample_score") or {}).get("group_id") or row.get("index", made.get("index", ""))),
        response=str(text),
        question=str(row.get("input") or "") or asked(made.get("messages")),
        gold=row.get("target"),
        score=value,
        answer=score.get("extracted_prediction"),
        finish_reason=str(choice.get("stop_reason") or choice.get("finish_reason") or ""),
        row=without(row, "input", "target", "sample_score") | {"metadata": made.get("metadata")},
    )
