"""NeMo-Skills: ``output.jsonl`` and ``output-rsN.jsonl``, one file per random seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from util.foreign.file_names import model_of, seed_of
from util.foreign.foreign_values import answered, score_of
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row

_TAKEN = ("generation", "problem", "question", "expected_answer", "predicted_answer", "reasoning_content")


def knows(row: Row) -> bool:
    return "generation" in row and ("expected_answer" in row or "predicted_answer" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """One line per problem; the files of several seeds are samples of the same problems."""
    for number, (_, row) in enumerate(read_file(path)):
        yield ForeignSample(
            model=str(row.get("model") or ""),
            task=model_of(path),
            grader=_grader(row),
            problem=str(row.get("id", number)),
            response=answered(row.get("reasoning_content"), str(row.get("generation") or "")),
            question=str(row.get("problem") or row.get("question") or ""),
            gold=row.get("expected_answer"),
            choices=tuple(map(str, row["options"])) if isinstance(row.get("options"), list) else (),
            score=_score(row),
            answer=row.get("predicted_answer"),
            finish_reason=str(row.get("finish_reason") or ""),
            row=without(row, *_TAKEN) | ({"seed": seed_of(path)} if seed_of(path) else {}),
        )


def _grader(row: Row) -> str:
    return next((name for name in ("symbolic_correct", "is_correct", "judgement") if row.get(name) is not None), "")


def _score(row: Row) -> float | None:
    name = _grader(row)
    if name == "judgement":  # the judge's text ends in "Judgement: Yes" or "Judgement: No"
        return score_of(str(row[name]).strip().rpartition(":")[2])
    return score_of(row[name]) if name else None
