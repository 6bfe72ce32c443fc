"""What the mathematics handlers share: one gold answer, checked by equivalence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.dataset import DatasetTask
from util.answers import RULES, verify
from util.prompting.prompts import MATH, fill
from util.records import NO_GOLD, Row, Verdict
from util.system.packages import require
from util.task import Checker, CheckOptions


class MathTask(DatasetTask):
    """A problem with one written answer."""

    kind = "math"
    question_field = "problem"
    template = MATH

    def prompt(self, row: Row) -> str:
        return fill(self.template, question=row[self.question_field])

    def gold(self, row: Row) -> str | None:
        """The gold answer as the dataset writes it, or None if the row has none."""
        return str(row["answer"])

    def checker(self, options: CheckOptions) -> MathChecker:
        return MathChecker(self, options.answer_extraction == "lenient", options.math_fallback)


@dataclass(frozen=True)
class MathChecker(Checker):
    """Finds the final answer and compares it with the task's gold answer."""

    task: MathTask
    lenient: bool = False
    fallback: bool = False

    @property
    def rules(self) -> str:
        return f"math {RULES} {self.lenient} {self.fallback}"

    def prepare(self) -> dict[str, Any]:
        if self.fallback:
            require("math_verify")
        return {"answer_extraction": "lenient" if self.lenient else "strict", "rules": RULES}

    def check(self, row: Row, response: str) -> Verdict:
        gold = self.task.gold(row)
        if gold is None:
            return Verdict(None, NO_GOLD)
        verdict = verify(response, gold, lenient=self.lenient, fallback=self.fallback)
        evidence = {"answer": verdict.evidence["answer"], "gold": gold, "layer": verdict.evidence["layer"]}
        return Verdict(verdict.correct, verdict.reason, evidence)
