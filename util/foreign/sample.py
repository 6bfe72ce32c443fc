"""The record that every reader yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from util.records import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSample:
    """One response in another tool's result file.

    model, task: as the file or its folder names them. grader: the name of the tool's own score. problem: identifies the
    problem within (model, task, grader); samples of one problem share it. response: thoughts that the tool keeps apart stand
    between think tags. gold: text, or the position of the right option; None where the file has none. choices: texts of
    the options, where the file has them. score: the tool's own, from 0 to 1; None where it has none for this sample.
    answer: what the tool took as the answer. row: what else the file says of the sample.
    """

    model: str
    task: str
    problem: str
    response: str
    question: str = ""
    gold: str | int | None = None
    choices: tuple[str, ...] = ()
    score: float | None = None
    grader: str = ""
    answer: str | None = None
    finish_reason: str = ""
    row: Row = field(default_factory=dict)

    @property
    def set_name(self) -> str:
        """What this sample is counted under."""
        return " ".join(filter(None, (self.model, self.task, f"({self.grader})" if self.grader else "")))


def without(row: Row, *names: str) -> dict[str, Any]:
    """``row`` without the fields that a reader has taken."""
    return {name: value for name, value in row.items() if name not in names}
