"""Judge many answers by the project's rules and by math-verify, and list those that a person should look at.

The input is a result file, or a JSONL file with one object per line: {"gold": ..., "answer": ...} for an answer,
{"gold": ..., "output": ...} for a whole response.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.answers.extract import verify
from util.answers.layers import INEXACT, compare
from util.answers.policy import Policy
from util.answers.second_opinion import Opinion, SecondOpinion
from util.records import Verdict
from util.results.entries import Entry
from util.results.json_file import read_results
from util.system.errors import UserError

OURS_ONLY, THEIRS_ONLY = "right by us, wrong by math-verify", "wrong by us, right by math-verify"
OURS_NULL, THEIRS_NULL = "no verdict by us", "no verdict by math-verify"
UNPROVEN, AGREED = "right by both, by an inexact rule of ours", "agreed"
KINDS = (OURS_ONLY, THEIRS_ONLY, OURS_NULL, THEIRS_NULL, UNPROVEN)
"""What an audit lists, in this order."""


@dataclass(frozen=True)
class AuditItem:
    """One thing to judge. where: its place in the file. whole: text is a response, not an answer."""

    where: str
    gold: str
    text: str
    whole: bool


@dataclass(frozen=True)
class AuditRow:
    """An item with both verdicts."""

    item: AuditItem
    ours: Verdict
    theirs: Opinion

    @property
    def layer(self) -> str:
        return str(self.ours.evidence.get("layer") or "")

    @property
    def answer(self) -> str:
        """The answer that our rules found, "" if none."""
        return str(self.ours.evidence.get("answer") or "")

    @property
    def inexact(self) -> bool:
        return self.ours.correct is True and self.layer in INEXACT

    @property
    def kind(self) -> str:
        if self.ours.correct is None:
            return OURS_NULL
        if self.theirs.correct is None:
            return THEIRS_NULL
        if self.ours.correct != self.theirs.correct:
            return OURS_ONLY if self.ours.correct else THEIRS_ONLY
        return UNPROVEN if self.inexact else AGREED


def items_of(path: Path) -> list[AuditItem]:
    """What a file holds to judge. Responses without a text or a gold answer are left out.

    Raises:
        UserError: the file cannot be read, or a line is not as the module says.
    """
    if path.suffix != ".jsonl":
        return [item for entry in read_results(path) for item in _of_entry(entry)]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    return [_of_line(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _of_entry(entry: Entry) -> Iterator[AuditItem]:
    """The gold answer is the one that the check noted, else the row's column "answer"."""
    for sample, response in entry.samples():
        noted = response.verdict.evidence.get("gold") if response.verdict else None
        gold = noted if noted is not None else entry.row.get("answer")
        if gold is not None and not response.failed:
            where = f"{entry.key[:80]} (temperature {sample.label}, sample {sample.index})"
            yield AuditItem(where, str(gold), response.content, True)


def _of_line(line: str, where: str) -> AuditItem:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not JSON ({error}).") from error
    names = [name for name in ("answer", "output") if isinstance(fields, dict) and isinstance(fields.get(name), str)]
    if len(names) != 1 or not isinstance(fields.get("gold"), str):
        raise UserError(f'{where}: expected an object with "gold" and either "answer" or "output", all of them texts.')
    return AuditItem(where, fields["gold"], fields[names[0]], names[0] == "output")


def audited(items: Iterable[AuditItem], opinion: SecondOpinion, *, lenient: bool = False) -> Iterator[AuditRow]:
    """Judge each item by both. lenient: as for ``verify``. Raises: RuntimeError: math-verify cannot be started."""
    policy = Policy(lenient=lenient)
    for item in items:
        ours = verify(item.text, item.gold, policy) if item.whole else compare(item.gold, item.text, policy)
        yield AuditRow(item, ours, opinion.ask(item.gold, item.text, whole=item.whole))


def counted(rows: Iterable[AuditRow]) -> dict[str, int]:
    """Number of rows of each kind, agreed ones last."""
    counts = Counter(row.kind for row in rows)
    return {kind: counts[kind] for kind in (*KINDS, AGREED)}


def as_csv(rows: Iterable[AuditRow]) -> str:
    """The rows to look at, one per line, sorted by kind."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["kind", "gold", "answer", "ours", "layer", "reason", "math_verify", "math_verify_reason", "inexact", "where", "text"])  # fmt: skip
    listed = [row for row in rows if row.kind != AGREED]
    for row in sorted(listed, key=lambda row: KINDS.index(row.kind)):
        writer.writerow(
            [row.kind, row.item.gold, row.answer, spelled(row.ours.correct), row.layer, row.ours.reason,
             spelled(row.theirs.correct), row.theirs.reason, "yes" if row.inexact else "no", row.item.where, row.item.text]
        )  # fmt: skip
    return file.getvalue()


def spelled(correct: bool | None) -> str:
    return {True: "right", False: "wrong", None: "no verdict"}[correct]
