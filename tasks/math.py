"""What the mathematics handlers share: one gold answer, checked by equivalence."""

from __future__ import annotations

from tasks.base import TaskHandler
from util.answers import verify
from util.hub import Row
from util.prompts import MATH, fill
from util.verdict import Verdict


class MathTask(TaskHandler):
    """A problem with one written answer."""

    kind = "math"
    question_field = "problem"
    template = MATH

    def prompt(self, row: Row) -> str:
        return fill(self.template, question=row[self.question_field])

    def gold(self, row: Row) -> str | None:
        """The gold answer as the dataset writes it, or None if the row has none."""
        return str(row["answer"])

    def check(self, row: Row, response: str) -> Verdict:
        gold = self.gold(row)
        if gold is None:
            return Verdict(None, "the row has no gold answer")
        verdict = verify(response, gold)
        return Verdict(verdict.correct, verdict.reason, {"answer": verdict.extracted, "gold": gold})
