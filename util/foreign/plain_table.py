"""Plain tables, JSON lines, CSV or Parquet, whose columns the command line names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from util.foreign.columns import FIELDS
from util.foreign.file_names import model_of, stem
from util.foreign.foreign_values import conversation, score_of
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row
from util.system.errors import UserError


def columns_of(row: Row, given: Mapping[str, str], path: Path) -> dict[str, str]:
    """What each field is called in this file.

    Raises:
        UserError: a named column does not exist, or there is no response.
    """
    missing = [name for name in given.values() if name not in row]
    if missing:
        raise UserError(f"--columns: {path} has no column {missing[0]!r}. Its columns: {', '.join(map(str, row))}.")
    found = dict(given)
    for name, usual in FIELDS.items():
        column = next((word for word in usual if word in row and word not in found.values()), None)
        if name not in found and column is not None:
            found[name] = column
    if "response" not in found:
        raise UserError(
            f"{path}: none of its columns is known to hold responses: {', '.join(map(str, row))}. Name them: "
            "--columns response=NAME,gold=NAME,score=NAME"
        )
    return found


def read(path: Path, given: Mapping[str, str]) -> Iterator[ForeignSample]:
    columns: dict[str, str] = {}
    for number, (_, row) in enumerate(read_file(path)):
        columns = columns or columns_of(row, given, path)
        value: dict[str, Any] = {name: row.get(column) for name, column in columns.items()}
        choices = value.get("choices")
        turns = conversation(value["response"])
        question = _text(value.get("question"))
        yield ForeignSample(
            model=_text(value.get("model")) or model_of(path),
            task=_text(value.get("task")) or stem(path),
            grader=columns.get("score", ""),
            problem=_text(value.get("id")) or question or str(number),
            question=question,
            response=turns[-1][1] if turns else "",
            gold=None if value.get("gold") in (None, "") else _gold(value["gold"]),
            choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
            score=score_of(value.get("score")),
            finish_reason=_text(value.get("finish_reason")),
            row=without(row, columns["response"]),
        )


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        turns = [text for role, text in conversation(value) if role == "user"]
        return turns[-1] if turns else ""
    return "" if value is None else str(value)


def _gold(value: Any) -> str | int:
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)
