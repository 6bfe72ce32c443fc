"""What the handlers share: rows from the Hub or a local file, filtered, checked and given keys."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from tasks.column_filter import ColumnFilter, listed
from util.hub import HUB_ROW, HubRows, HubSource, hub_rows, local_rows
from util.hub.local_splits import check_split
from util.records import Row
from util.system.characters import utf8
from util.system.errors import UserError
from util.task import Selection, TaskHandler, UnknownPart


class DatasetTask(TaskHandler):
    """A dataset with one question a row. Subclasses name its fields and give a checker.

    hub: None for a dataset with local rows alone. required: columns that every row must have. texts:
    required columns besides the question that must be texts. source_field: the column that --source is
    compared with, if it is a column.
    """

    version = 1
    hub: ClassVar[HubSource | None] = None
    required: ClassVar[tuple[str, ...]]
    texts: ClassVar[tuple[str, ...]] = ()
    source_field: ClassVar[str | None] = None

    # -- what subclasses may replace ------------------------------------------

    def hub_source(self, selection: Selection) -> HubSource | None:
        return self.hub

    def renamed(self, row: Row) -> Row:
        """The row with this project's column names, where copies of a dataset differ."""
        return row

    def annotated(self, row: Row, split: str, position: int | None) -> Row:
        """The row with what is known of it by its position (from 0) in the Hub's split; None where it is unknown."""
        return row

    def fault(self, row: Row) -> str | None:
        """What else is wrong with a row, in words; None if nothing is."""
        return None

    def matches(self, row: Row, source: str) -> bool:
        """Whether a row belongs to ``source`` (never called with "all")."""
        if self.source_field is None:
            return True
        return str(row.get(self.source_field)) == source

    def source_of(self, words: Sequence[str]) -> str:
        """See ``TaskHandler.source_of``; a dataset without sources has columns only."""
        own = type(self)
        if self.source_field is None and (own.matches, own.hub_source) == (DatasetTask.matches, DatasetTask.hub_source):
            raise UserError(f"{self.name} has no sources; choose rows by a column, {self.name}:COLUMN=VALUE.")
        return super().source_of(words)

    def tells_source(self, row: Row) -> bool:
        """Whether ``matches`` can tell from a row whether it belongs to a source."""
        return self.source_field is not None or type(self).matches is not DatasetTask.matches

    def filtered(self, rows: Iterable[Row], selection: Selection) -> Iterable[Row]:
        """Filters that apply after the slice: solvable rows, difficulty."""
        return rows

    def prepare(self, row: Row) -> Row:
        """The row as it goes into the result file, with what a later check needs."""
        return row

    def prompt_texts(self) -> list[str]:
        return [self.template]

    # -- selection ------------------------------------------------------------

    def select(self, selection: Selection) -> Iterator[tuple[str, Row]]:
        """See ``TaskHandler.select``.

        The key is the question; a second row with the same question gets a
        number behind it, and is not lost.
        """
        seen: set[bytes] = set()
        for row in self.filtered(self._sliced(selection), selection):
            key = _distinct(str(row[self.question_field]), seen)
            yield key, self.prepare(row)
        if not seen:
            raise UserError(
                f"The selection is empty: no row of {self.name} passes --source {selection.source}, "
                f"--start {selection.start}, --end {selection.end}"
                + (" and the difficulty filter." if selection.filter_difficulty else ".")
            )

    def _sliced(self, selection: Selection) -> Iterator[Row]:
        stop = None if selection.end == -1 else selection.end
        return itertools.islice(self._of_source(selection), selection.start, stop)

    def _of_source(self, selection: Selection) -> Iterator[Row]:
        hub, origin, rows = self._located(selection)
        found: set[str] = set()
        columns = ColumnFilter(selection.columns, origin)
        matched = 0
        for number, (place, row) in enumerate(rows, 1):
            split, position = _on_the_hub(row.pop(HUB_ROW, None)) if hub is None else (hub.split, number - 1)
            if position is not None and split != selection.split and hub is None and self._has_splits():
                raise UserError(f"{place}: the row is of the split {split!r} on the Hub. Give --split {split}.")
            row = self.annotated(self.renamed(row), split, position)
            self._check_fields(row, place)
            if selection.source != "all" and not self.matches(row, selection.source):
                if self.source_field and len(found) < 200:
                    found.add(str(row.get(self.source_field, "(no such field)")))
                continue
            matched += 1
            if columns.keeps(row, uniform=hub is not None):
                yield row
        if hub is not None:
            hub.count(f"{hub.split}:{selection.source}", matched)
        if not matched and found:
            raise UnknownPart(
                f"No row of {origin} has {self.source_field} {selection.source!r}. "
                f"{listed(selection.source, found)}; --source all takes every row."
            )
        columns.check_some()

    def _located(self, selection: Selection) -> tuple[HubRows | None, str, Iterable[tuple[str, Row]]]:
        """The Hub's rows (None for local ones), their origin in words, and (place, row) of each."""
        if selection.dataset_path is not None:
            dropped = self.hub.dropped if self.hub is not None else ()
            rows = local_rows(selection.dataset_path, selection.split, dropped, option=selection.path_option)
            check_split(selection.dataset_path, rows, selection.split, self._splits(), complete=self._has_splits())
            return None, str(selection.dataset_path), rows.placed()
        source = self.hub_source(selection)
        if source is None:
            raise UserError(f"{self.name} has no repository on the Hub: give its rows with --dataset-path FILE.")
        hub = hub_rows(source, selection.split)
        origin = hub.source.id
        return hub, origin, ((f"{origin}, row {n}", row) for n, row in enumerate(hub, 1))

    def _has_splits(self) -> bool:
        """Whether the name of a split means anything: a repository with one split takes every name for it."""
        return self.hub is not None and self.hub.split is None

    def _splits(self) -> list[str]:
        """The splits that are known of the dataset, as a command may name them."""
        of_hub = [*self.hub.files, *(part.partition(":")[0] for part in self.hub.rows)] if self.hub is not None else []
        own = (self.default_split, self.fewshot_split)
        return list(dict.fromkeys(name for name in (*own, *of_hub) if name is not None))

    def _check_fields(self, row: Row, place: str) -> None:
        for name in self.required:
            if row.get(name) is None:
                raise UserError(
                    f"{place}: the field {name!r} is missing; {self.name} needs "
                    f"{', '.join(self.required)}, and this row has {', '.join(map(str, row)) or 'nothing'}."
                )
        for name in (self.question_field, *self.texts):
            if not isinstance(row.get(name), str):
                kind = type(row.get(name)).__name__
                raise UserError(f"{place}: the field {name!r} must be a text, not {kind}.")
        if (fault := self.fault(row)) is not None:
            raise UserError(f"{place}: {fault}.")


def _on_the_hub(place: Any) -> tuple[str, int | None]:
    """Split and position of a row that was exported; ("", None) for other rows."""
    split, _, number = str(place or "").rpartition(":")
    return (split, int(number)) if split and number.isdigit() else ("", None)


def _distinct(question: str, seen: set[bytes]) -> str:
    key, number = question, 1
    while (digest := hashlib.sha256(utf8(key)).digest()[:16]) in seen:
        number += 1
        key = f"{question} #{number}"
    seen.add(digest)
    return key


def field_of(row: Row, *names: str) -> Any:
    """The first of several spellings of a field that a row has."""
    return next((row[name] for name in names if row.get(name) is not None), None)
