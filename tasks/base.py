"""What a dataset is to the suite: rows to select, prompts to make, responses to check."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from util.hub import HUB_ROW, HubRows, HubSource, Row, hub_rows, local_rows
from util.records import Verdict
from util.system.errors import UserError
from util.task import CheckOptions


@dataclass(frozen=True)
class Selection:
    """Which rows of a dataset are wanted.

    source: filters rows, "all" takes every one. start, end: a slice of the rows
    that the source filter leaves; end -1 is the end, the last row included.
    lower, upper: inclusive difficulty bounds (NUMINA), applied after the slice.
    dataset_path: local rows instead of the Hub's. labels: own difficulty labels.
    """

    split: str
    source: str = "all"
    start: int = 0
    end: int = -1
    filter_difficulty: bool = False
    lower: float | None = None
    upper: float | None = None
    dataset_path: Path | None = None
    labels: Path | None = None


class TaskHandler:
    """One dataset. Subclasses name its fields and say what a right response is.

    A handler holds no rows and no state of a run: it is sent to the checkers'
    processes as it is.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    """"math", "code" or "choice": which examples a small model is shown."""
    hub: ClassVar[HubSource]
    required: ClassVar[tuple[str, ...]]
    question_field: ClassVar[str]
    texts: ClassVar[tuple[str, ...]] = ()
    """Required fields besides the question that must be texts."""
    template: ClassVar[str]
    default_split: ClassVar[str] = "test"
    default_source: ClassVar[str] = "all"
    default_temperature: ClassVar[float] = 0.0
    source_field: ClassVar[str | None] = None
    """The column that --source is compared with, if it is a column."""

    def prompt(self, row: Row) -> str:
        """The user's message for one row."""
        raise NotImplementedError

    def check(self, row: Row, response: str) -> Verdict:
        """Whether ``response`` solves ``row``. Runs in a checker's process."""
        raise NotImplementedError

    def deadline(self, row: Row) -> float:
        """Seconds of wall time after which a check of ``row`` is killed."""
        return 30.0

    def rules(self) -> str:
        """Names the rules of ``check``; a verdict by other rules is given anew."""
        return "1"

    def judged_by(self, row: Row) -> str:
        """Names the row's content and the rules: a verdict holds as long as both stay."""
        content = json.dumps([row, self.rules()], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def prepare_checks(self, options: CheckOptions) -> dict[str, Any]:
        """Take the options of checking and see that it works; called once, before any check.

        Returns what the manifest should keep of it.
        """
        return {}

    def hub_source(self, selection: Selection) -> HubSource:
        """The Hub's location of what is selected."""
        return self.hub

    def prepare(self, row: Row) -> Row:
        """The row as it goes into the result file, with what a later check needs."""
        return row

    def matches(self, row: Row, source: str) -> bool:
        """Whether a row belongs to ``source`` (never called with "all")."""
        if self.source_field is None:
            return True
        return str(row.get(self.source_field)) == source

    def filtered(self, rows: Iterable[Row], selection: Selection) -> Iterable[Row]:
        """Filters that apply after the slice: solvable rows, difficulty."""
        return rows

    def prompt_texts(self) -> list[str]:
        """All texts that shape the prompt; they are hashed into the manifest."""
        return [self.template]

    def select(self, selection: Selection) -> Iterator[tuple[str, Row]]:
        """Yield (key, row) of every selected row, in order.

        The key is the question; a second row with the same question gets a
        number behind it, and is not lost.

        Raises:
            UserError: nothing is selected, or a row lacks a field (row and field named).
        """
        seen: set[bytes] = set()
        sliced = self._sliced(selection)
        for row in self.filtered(sliced, selection):
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
        hub: HubRows | None = None
        if selection.dataset_path is not None:
            origin = str(selection.dataset_path)
            dropped = self.hub.dropped
            rows: Iterable[tuple[str, Row]] = local_rows(selection.dataset_path, selection.split, dropped).placed()
        else:
            hub = hub_rows(self.hub_source(selection), selection.split)
            origin = hub.source.id
            rows = ((f"{origin}, row {n}", row) for n, row in enumerate(hub, 1))
        found: set[str] = set()
        matched = 0
        for number, (place, row) in enumerate(rows, 1):
            split, position = _on_the_hub(row.pop(HUB_ROW, None)) if hub is None else (hub.split, number - 1)
            row = self.annotated(self.renamed(row), split, position)
            self._check_fields(row, place)
            if selection.source != "all" and not self.matches(row, selection.source):
                if self.source_field and len(found) < 30:
                    found.add(str(row.get(self.source_field, "(no such field)")))
                continue
            matched += 1
            yield row
        if hub is not None:
            hub.count(f"{hub.split}:{selection.source}", matched)
        if not matched and found:
            raise UserError(
                f"No row of {origin} has {self.source_field} {selection.source!r}. "
                f"There are: {', '.join(sorted(found))}; --source all takes every row."
            )

    def renamed(self, row: Row) -> Row:
        """The row with this project's field names, where copies of a set differ."""
        return row

    def annotated(self, row: Row, split: str, position: int | None) -> Row:
        """The row with what is known of it by its position (from 0) in the Hub's split; None where it is unknown."""
        return row

    def _check_fields(self, row: Row, place: str) -> None:
        for name in self.required:
            if row.get(name) is None:
                raise UserError(
                    f"{place}: the field {name!r} is missing; {self.name} needs "
                    f"{', '.join(self.required)}, and this row has {', '.join(map(str, row)) or 'nothing'}."
                )
        for name in (self.question_field, *self.texts):
            if not isinstance(row[name], str):
                kind = type(row[name]).__name__
                raise UserError(f"{place}: the field {name!r} must be a text, not {kind}.")
        if (fault := self.fault(row)) is not None:
            raise UserError(f"{place}: {fault}.")

    def fault(self, row: Row) -> str | None:
        """What else is wrong with a row, in words; None if nothing is."""
        return None


def _on_the_hub(told: Any) -> tuple[str, int | None]:
    """Split and position of a row that was exported; ("", None) for other rows."""
    split, _, number = str(told or "").rpartition(":")
    return (split, int(number)) if split and number.isdigit() else ("", None)


def _distinct(question: str, seen: set[bytes]) -> str:
    key, number = question, 1
    while (digest := hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]) in seen:
        number += 1
        key = f"{question} #{number}"
    seen.add(digest)
    return key


def field_of(row: dict[str, Any], *names: str) -> Any:
    """The first of several spellings of a field that a row has."""
    return next((row[name] for name in names if row.get(name) is not None), None)
