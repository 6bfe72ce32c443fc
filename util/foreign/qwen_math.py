"""Qwen2.5-Math's evaluation harness and its descendants: JSON lines with ``gt``, ``code``, ``pred`` and ``score``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.file_names import model_of
from util.foreign.foreign_values import score_of
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row

_TAKEN = ("code", "pred", "score", "question", "gt", "report", "finish_reason")


def knows(row: Row) -> bool:
    return "gt" in row and "code" in row and ("pred" in row or "score" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """One line per problem with a list of responses (``code``), and lists of the same length beside it."""
    for number, (_, row) in enumerate(read_file(path)):
        responses = _list(row.get("code"))
        answers, scores, ends = (_list(row.get(name)) for name in ("pred", "score", "finish_reason"))
        for sample, response in enumerate(responses):
            yield ForeignSample(
                model=model_of(path, up=2),
                task=model_of(path),
                grader="score" if scores else "",
                problem=str(row.get("idx", number)),
                response=str(response),
                question=str(row.get("question") or ""),
                gold=None if row["gt"] is None else str(row["gt"]),
                choices=tuple(map(str, row["choices"])) if isinstance(row.get("choices"), list) else (),
                score=score_of(_at(scores, sample)),
                answer=_text(_at(answers, sample)),
                finish_reason=str(_at(ends, sample) or ""),
                row=without(row, *_TAKEN),
            )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
