"""Worked examples before each question (few-shot): from the dataset's own other split, or from a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from util.hub import local_rows
from util.records import Message, Row
from util.run.few_shot_options import FewShotOptions
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell
from util.task import Selection, TaskHandler

_SPARE = 5
"""Rows read beyond the wanted ones, for those that are among the questions asked."""


@dataclass(frozen=True)
class Examples:
    """Solved problems as turns.

    turns: value of the column ``column`` -> user and assistant messages; "" where all questions have the same ones.
    origin: where they are from, in words.
    """

    turns: Mapping[str, tuple[Message, ...]]
    column: str | None
    count: int
    origin: str

    def before(self, row: Row) -> tuple[Message, ...]:
        """The turns before a row's question."""
        return self.turns[_group(row, self.column)]

    def settings(self) -> dict[str, Any]:
        """What the manifest has of them. The hash is of every turn."""
        texts = {group: [[m.role, m.content] for m in turns] for group, turns in sorted(self.turns.items())}
        digest = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
        return {"examples": self.count, "from": self.origin, "hash": digest}


@dataclass(frozen=True)
class _Candidate:
    question: str
    same: bytes
    turns: tuple[Message, Message]


def few_shot(
    handler: TaskHandler, selection: Selection, options: FewShotOptions, asked: Iterable[Row]
) -> Examples | None:
    """The examples of a run, None without any. asked: the rows of the run; they are read once, none is kept.

    Raises:
        UserError: the dataset has no other split, there are too few rows, or a row of the user's file is asked.
    """
    wanted = options.num_fewshot
    if not wanted:
        return None
    origin, rows, column = _source(handler, selection, options)
    found = _candidates(handler, rows, column, wanted + _SPARE)
    known = {each.same for group in found.values() for each in group}
    clashes, groups = set[bytes](), dict[str, None]()
    for row in asked:
        groups[_group(row, column)] = None
        if (same := _identity(handler, row)) in known:
            clashes.add(same)
    turns = {
        group: _turns(
            handler,
            found.get(group, []),
            clashes,
            options,
            column,
            f"{column} {group!r} in {origin}" if column else origin,
        )
        for group in groups
    }
    return Examples(turns, column, wanted, origin)


def _source(
    handler: TaskHandler, selection: Selection, options: FewShotOptions
) -> tuple[str, Iterator[Row], str | None]:
    """Where the examples are from, in words; the rows; the column by which they are chosen, if any."""
    split, column, path = handler.fewshot_split, handler.fewshot_column, options.fewshot_file
    if path is not None:
        rows = _read(
            handler, Selection(split or selection.split, dataset_path=path, path_option="the file"), "--fewshot-file: "
        )
        first = next(rows, {})  # select refuses an empty file
        return str(path), _with(first, rows), column if column in first else None
    how = "Give solved problems with --fewshot-file FILE, or leave --num-fewshot out."
    if split is None:
        raise UserError(f"{handler.name} has no train or dev split of its own to take examples from. {how}")
    place = selection.dataset_path
    if place is not None and set(local_rows(place, split).files) & set(local_rows(place, selection.split).files):
        raise UserError(
            f"--dataset-path {place} has no {split} split of {handler.name} beside the rows asked (a folder with files "
            f"named {split} and {selection.split} has). {how}"
        )
    return f"split {split}", _read(handler, Selection(split, dataset_path=place), ""), column


def _read(handler: TaskHandler, selection: Selection, prefix: str) -> Iterator[Row]:
    try:
        for _, row in handler.select(selection):
            yield row
    except UserError as error:
        raise UserError(f"{prefix}{error}") from error


def _with(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _candidates(
    handler: TaskHandler, rows: Iterator[Row], column: str | None, most: int
) -> dict[str, list[_Candidate]]:
    """The first ``most`` rows of each group that can be shown with an answer."""
    found: dict[str, list[_Candidate]] = {}
    for row in rows:
        group = found.setdefault(_group(row, column), [])
        if len(group) < most and (answer := handler.example(row)) is not None:
            turns = Message("user", handler.prompt(row)), Message("assistant", answer)
            group.append(_Candidate(str(row[handler.question_field]), _identity(handler, row), turns))
        if column is None and len(group) == most:
            break
    return found


def _turns(
    handler: TaskHandler,
    group: list[_Candidate],
    clashes: set[bytes],
    options: FewShotOptions,
    column: str | None,
    origin: str,
) -> tuple[Message, ...]:
    """The turns of one group.

    Raises:
        UserError: a row of the user's file is asked, or too few are left.
    """
    wanted = options.num_fewshot
    asked = [each for each in group if each.same in clashes]
    if options.fewshot_file is not None:
        asked = [each for each in group[:wanted] if each.same in clashes]
        if asked:
            raise UserError(
                f"--fewshot-file {options.fewshot_file}: the row {asked[0].question[:80]!r} is among the questions of "
                f"{handler.name} that are asked, so its answer would be shown. Remove it from the file."
            )
    for each in asked:
        text = f"note: {handler.name}: not shown as an example, because it is asked: {each.question[:80]!r} ({origin})"
        tell(printable(text))
    left = [each for each in group if each not in asked][:wanted]
    if len(left) < wanted:
        if options.fewshot_file is None:
            how = "Lower the number, or give more with --fewshot-file FILE."
        else:
            how = "Lower the number, or add rows."
            how += f" Without the column {column} every question gets the same examples." if column else ""
        raise UserError(
            f"--num-fewshot {wanted}: {handler.name} has {len(left)} rows with an answer to show ({origin}) that are not "
            f"asked. {how}"
        )
    return tuple(message for each in left for message in each.turns)


def _group(row: Row, column: str | None) -> str:
    return "" if column is None else str(row.get(column))


def _identity(handler: TaskHandler, row: Row) -> bytes:
    """Equal for two rows with the same question and options, whatever their case, spaces and order."""
    choices = row.get("choices")
    options = sorted(map(_plain, choices)) if isinstance(choices, list) else []
    text = json.dumps([_plain(row[handler.question_field]), options])
    return hashlib.sha256(text.encode()).digest()[:16]


def _plain(text: object) -> str:
    return " ".join(str(text).split()).casefold()
