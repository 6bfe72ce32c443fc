"""What the mathematics handlers share: one gold answer, checked by equivalence."""

from __future__ import annotations

from typing import Any

from tasks.base import TaskHandler
from util.answers import RULES, verify
from util.hub import Row
from util.prompting.prompts import MATH, fill
from util.records import Verdict
from util.task import CheckOptions


class MathTask(TaskHandler):
    """A problem with one written answer."""

    kind = "math"
    question_field = "problem"
    template = MATH
    options = CheckOptions()

    def prepare_checks(self, options: CheckOptions) -> dict[str, Any]:
        self.options = options
        return {"answer_extraction": "lenient" if options.lenient_extraction else "strict", "rules": RULES}

    def rules(self) -> str:
        return f"math {RULES} {self.options.lenient_extraction} {self.options.math_fallback}"

    def prompt(self, row: Row) -> str:
        return fill(self.template, question=row[self.question_field])

    def gold(self, row: Row) -> str | None:
        """The gold answer as the dataset writes it, or None if the row has none."""
        return str(row["answer"])

    def check(self, row: Row, response: str) -> Verdict:
        gold = self.gold(row)
        if gold is None:
            return Verdict(None, "the row has no gold answer")
        verdict = verify(response, gold, lenient=self.options.lenient_extraction, fallback=self.options.math_fallback)
        evidence = {"answer": verdict.extracted, "gold": gold, "layer": verdict.layer}
        return Verdict(verdict.correct, verdict.reason, evidence)
