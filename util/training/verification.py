"""Compare the rows of a published training file with the stored responses, and judge their answers again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from util.records import Verdict
from util.results.entries import text_hash
from util.results.entry_index import EntryIndex
from util.results.judged_by import row_hash
from util.results.manifest import dataset_of
from util.results.model_verdicts import accepted_by_judge_as
from util.training.passport import ResponseRecord, RowRecord
from util.training.passport_index import PassportIndex
from util.training.published_rows import PublishedRow, published_rows
from util.training.rl_rows import TruthOf
from util.training.row_order import HashTable, RowOrder, row_order
from util.training.verify_checks import JudgingJob
from util.training.verify_extra import ExtraRows
from util.training.verify_prompts import matches, prompt_difference
from util.training.verify_sources import Stored, by_question, by_record, difference, problems_by_record, remade

KINDS = {
    "added": "not in the passport",
    "removed": "in the passport, not in the file",
    "moved": "at another place than in the passport",
    "text": "text differs from the stored response",
    "source": "the stored response or its problem has changed, or is gone",
    "verdict": "verdict differs",
}
"""Kind of a finding -> what it means, in the order of the summary."""

_NO_PROBLEM = "no problem of the result files has this question"
_WORDS = {True: "right", False: "wrong", None: "not decided"}


@dataclass(frozen=True)
class RowFinding:
    """One difference. row: its number, None for a row that is not in the file. kind: of KINDS. place: the stored response."""

    row: int | None
    kind: str
    detail: str
    place: str = ""


@dataclass(frozen=True)
class _Asked:
    """What is known about a response when it is sent to a checker.

    passes: whether it must be right, since it is published as a response to learn and no judge model stands for it. before:
    findings that come first, in order.
    """

    row: int
    what: str
    place: str
    correct: bool | None
    reason: str
    passes: bool
    before: tuple[RowFinding, ...]


class Verification:
    """One pass over a training file. counts: rows by what was found; ``judged``: responses."""

    def __init__(
        self,
        path: Path,
        index: EntryIndex,
        passport: PassportIndex | None,
        datasets: Sequence[str],
        extra: ExtraRows | None = None,
        truth_of: TruthOf | None = None,
    ) -> None:
        """index: of the result files, by key with a passport, else by question. datasets: known names. extra: rows of extra
        files, for a file without a passport. truth_of: for rows without a response.

        Raises:
            UserError: the training file is malformed.
        """
        self._path, self._index, self._extra = path, index, extra
        self._truth_of = truth_of
        self._datasets = {file: dataset_of(file, datasets) for file in index.files}
        self._pending: list[RowFinding] = []
        self.counts: Counter[str] = Counter()
        self.judged_by = ""
        """Rules of the new verdicts."""
        self.rules: Counter[str] = Counter()
        """Rules of the recorded verdicts -> responses."""
        self._lines: tuple[PassportIndex, RowOrder] | None = None
        if passport is not None:
            table = HashTable()
            for row in published_rows(path):
                table.add(*row.hashes)
            self._lines = passport, row_order(table, passport.table)

    def jobs(self, *, judge: bool = True) -> Iterator[JudgingJob]:
        """Compare every row; yield what must be judged, with judge False nothing.

        Each job must be given to ``settled`` with its verdict, in order, and then ``rest`` be called.
        """
        for row in published_rows(self._path):
            self.counts["rows"] += 1
            found = self._with_passport(row, *self._lines) if self._lines is not None else self._without(row)
            for stored, what, text, record in found:
                self.counts["compared"] += 1
                if judge:
                    self.rules[record.rules if record is not None else ""] += 1
                    asked = self._asked(row, stored, what, record)
                    yield JudgingJob(asked, self._datasets[stored.path], stored.entry.row, text)
        if self._lines is not None:
            passport, order = self._lines
            for line in order.removed:
                self._find(None, "removed", f"line {line + 1} has no row", _recorded(passport.record(line)))

    def _asked(self, row: PublishedRow, stored: Stored, what: str, record: ResponseRecord | None) -> _Asked:
        verdict = stored.response.verdict
        correct, reason = (verdict.correct, verdict.reason) if verdict is not None else (None, "not judged")
        judge = accepted_by_judge_as(stored.response)
        if record is not None:
            correct, reason = record.correct, record.reason
        before = tuple(self._pending)
        self._pending.clear()
        return _Asked(row.number, what, _place(stored), correct, reason, not what and judge is None, before)

    def settled(self, job: JudgingJob, verdict: Verdict) -> Iterator[RowFinding]:
        """The findings up to a job, in order."""
        asked: _Asked = job.name
        yield from asked.before
        self.counts["judged"] += 1
        if verdict.correct is not asked.correct:
            self.counts["verdict"] += 1
            was, now = _WORDS[asked.correct], _WORDS[verdict.correct]
            detail = f"{asked.what}was {was} ({asked.reason}), is now {now} ({verdict.reason})"
            yield RowFinding(asked.row, "verdict", detail, asked.place)
        elif asked.passes and verdict.correct is not True:
            self.counts["verdict"] += 1
            detail = f"published as a response to learn, but is {_WORDS[verdict.correct]} ({verdict.reason}), as it was before"
            yield RowFinding(asked.row, "verdict", detail, asked.place)

    def rest(self) -> Iterator[RowFinding]:
        """The findings after the last job."""
        yield from self._pending
        self._pending.clear()

    @property
    def datasets(self) -> list[str]:
        """The datasets whose responses may have to be judged."""
        return sorted(set(self._datasets.values()))

    @property
    def differences(self) -> int:
        return sum(self.counts[kind] for kind in KINDS)

    def _find(self, row: int | None, kind: str, detail: str, place: str = "") -> None:
        self.counts[kind] += 1
        self._pending.append(RowFinding(row, kind, detail, place))

    def _with_passport(
        self, row: PublishedRow, passport: PassportIndex, order: RowOrder
    ) -> Iterator[tuple[Stored, str, str, ResponseRecord | None]]:
        """The stored responses of a row whose verdict is to be made again, with the published texts."""
        number = row.number - 1
        line = order.line_of[number]
        if line < 0:
            self._find(row.number, "added", "no line of the passport has its text or its question")
            return
        record = passport.record(line)
        if number in order.moved:
            self._find(row.number, "moved", f"it is line {line + 1} of the passport", _recorded(record))
        before = self.counts["text"]
        for each, text, what in _responses(row, record):
            if not each.is_ours:
                self.counts["extra"] += 1
                continue
            if text is None:
                self._compare_prompt(row, each)
                continue
            stored = self._stored(row, each, what)
            if stored is not None:
                self._compare(row, text, what, stored)
                yield stored, what, text, each
        if number in order.changed and self.counts["text"] == before:
            self._find(row.number, "text", _changed(row, record), _recorded(record))

    def _stored(self, row: PublishedRow, record: ResponseRecord, what: str) -> Stored | None:
        """The response that a passport names; findings where it or its problem is not what it was."""
        places = list(by_record(self._index, record))
        if not places:
            self._find(row.number, "source", f"{what}the response is not in {record.file}", _recorded(record))
            return None
        stored = next((each for each in places if text_hash(each.response.judged_text) == record.response), places[0])
        if record.response and text_hash(stored.response.judged_text) != record.response:
            self._find(row.number, "source", f"{what}the stored response has changed", _place(stored))
        if row_hash(stored.entry.row) != record.problem:
            self._find(row.number, "source", f"{what}the problem's row has changed", _place(stored))
        return stored

    def _compare_prompt(self, row: PublishedRow, record: ResponseRecord) -> None:
        """Compare a row without a response with the problem that a passport names."""
        found = next(problems_by_record(self._index, record), None)
        if found is None or self._truth_of is None:
            self._find(row.number, "source", f"the problem is not in {record.file}", _recorded(record))
            return
        path, entry = found
        self.counts["compared"] += 1
        if row_hash(entry.row) != record.problem:
            self._find(row.number, "source", "the problem's row has changed", _recorded(record))
        if where := prompt_difference(row, self._datasets[path], entry, self._truth_of):
            self._find(row.number, "text", where, _recorded(record))

    def _compare_any(self, row: PublishedRow, truth_of: TruthOf) -> None:
        """Compare a row without a response with all problems that have its question."""
        problems = [(self._datasets[path], entry) for path, entry in self._index.find(row.question)]
        if not problems:
            self._find(row.number, "source", _NO_PROBLEM)
            return
        self.counts["compared"] += 1
        if not matches(row, problems, truth_of):
            self._find(row.number, "text", prompt_difference(row, *problems[0], truth_of), problems[0][0])

    def _without(self, row: PublishedRow) -> Iterator[tuple[Stored, str, str, ResponseRecord | None]]:
        """As ``_with_passport``, by the question and the text."""
        if self._extra is not None and self._extra.has(row):
            self.counts["extra"] += 1
            return
        if row.text is None and self._truth_of is not None:
            self._compare_any(row, self._truth_of)
            return
        candidates = list(by_question(self._index, row))
        if not candidates:
            self._find(row.number, "source", _NO_PROBLEM)
            return
        for text, what in ((row.text, ""), (row.rejected, "rejected: ")):
            if text is None:
                continue
            same = [each for each in candidates if _same_text(remade(each, text), row, text)]
            # One question may have two gold answers: a response to learn is the one that is right.
            stored = next((each for each in same if each.response.correct and not what), same[0] if same else None)
            if stored is None:
                counted = f"none of {len(candidates)} stored responses to this question has this text"
                self._find(row.number, "text", what + counted, candidates[0].path.name)
                continue
            yield stored, what, text, None

    def _compare(self, row: PublishedRow, text: str, what: str, stored: Stored) -> None:
        """Find where a text or its prompt differs from what the stored response gives."""
        again = remade(stored, text)
        if again is None:
            self._find(row.number, "text", f"{what}no row can be made of the stored response", _place(stored))
            return
        for part, published, made in (
            ("", text, again.text or ""),
            ("question ", row.question, again.question),
            ("system prompt ", row.system, again.system),
        ):
            if where := difference(published, made):
                self._find(row.number, "text", f"{what}{part}{where}", _place(stored))
                return


def _responses(row: PublishedRow, record: RowRecord) -> list[tuple[ResponseRecord, str | None, str]]:
    found: list[tuple[ResponseRecord, str | None, str]] = [(record, row.text, "")]
    return found if record.rejected is None else [*found, (record.rejected, row.rejected, "rejected: ")]


def _same_text(again: PublishedRow | None, row: PublishedRow, text: str) -> bool:
    return again is not None and (again.text, again.system) == (text, row.system)


def _changed(row: PublishedRow, record: ResponseRecord) -> str:
    if row.text is not None and text_hash(row.text) != record.text:
        return "its text is not the one that was written"
    return "its content is not the one that was written"


def _place(stored: Stored) -> str:
    return f"{stored.path.name}, temperature {stored.temperature:g}, sample {stored.sample}: {stored.entry.key[:60]!r}"


def _recorded(record: ResponseRecord) -> str:
    sample = f", temperature {record.temperature:g}, sample {record.sample}" if record.temperature is not None else ""
    return f"{record.file}{sample}: {record.key[:60]!r}"
