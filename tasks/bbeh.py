"""BIG-Bench Extra Hard: 23 reasoning tasks with short exact answers (Kazemi et al. 2025)."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.math import MathChecker, MathTask
from util.answers import verify
from util.hub import SOURCES
from util.records import Row, Verdict
from util.task import CheckOptions


class BbehTask(MathTask):
    """``--source`` is a task ("boolean expressions"), or mini: the 460 questions of the small version.

    Answers are numbers, letters, words or lists of them, and are compared by the rules for mathematics and words. The order
    of a list counts.

    A row::

        {"input": "What is 6 * 7?", "target": "42", "task": "multistep arithmetic", "mini": 1}
    """

    name = "BBEH"
    version = 1
    hub = SOURCES["BBEH"]
    required = ("input", "target")
    question_field = "input"
    default_split = "train"
    source_field = "task"

    def matches(self, row: Row, source: str) -> bool:
        if source.lower() == "mini":
            return str(row.get("mini")).lower() in ("1", "true")
        return _plain(row.get("task")) == _plain(source)

    def gold(self, row: Row) -> str | None:
        return str(row["target"]).strip() or None

    def checker(self, options: CheckOptions) -> BbehChecker:
        return BbehChecker(self, super().checker(options).policy)


@dataclass(frozen=True)
class BbehChecker(MathChecker):
    """As ``MathChecker``, but lists are compared in order: the rules for mathematics take "3, 10" for "10, 3"."""

    @property
    def rules(self) -> str:
        return f"{super().rules} ordered 1"

    def check(self, row: Row, response: str) -> Verdict:
        verdict = super().check(row, response)
        gold = [part.strip() for part in str(self.task.gold(row)).split(", ")]
        if verdict.correct is not True or len(gold) < 2:
            return verdict
        answer = [part.strip() for part in str(verdict.evidence["answer"]).split(",")]
        if len(answer) == len(gold):
            if all(verify(rf"\boxed{{{a}}}", g, self.policy).correct for a, g in zip(answer, gold, strict=True)):
                return verdict
            if sorted(answer) == sorted(gold):
                return Verdict(False, "the list is in another order", verdict.evidence)
        return Verdict(None, "the order of the answer's list cannot be read", verdict.evidence)


def _plain(name: object) -> str:
    """A task's name without case, prefix and separators, which differ between copies.

    >>> _plain("bbeh_boolean_expressions") == _plain("Boolean Expressions")
    True
    """
    return str(name).lower().removeprefix("bbeh").replace("_", " ").strip()
