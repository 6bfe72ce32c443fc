"""What the mathematics handlers share: one gold answer, checked by equivalence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.dataset import DatasetTask
from util.answers import RULES, verify
from util.answers.policy import STRICT, Policy
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

    def example(self, row: Row) -> str | None:
        """The row's solution, which ends with the boxed answer; the answer alone where it has none."""
        solution, gold = row.get("solution") or "", self.gold(row)
        solution = "\n\n".join(map(str, solution)) if isinstance(solution, list) else str(solution).strip()
        if not gold:
            return None
        return solution if "\\boxed{" in solution else _answered(solution, gold)

    def checker(self, options: CheckOptions) -> MathChecker:
        policy = Policy(
            lenient=options.answer_extraction == "lenient",
            fallback=options.math_fallback,
            unevaluated=options.unevaluated == "accept",
            certain=options.doubtful == "null",
        )
        return MathChecker(self, policy)


def _answered(solution: str, gold: str) -> str:
    return f"{solution}\n\nThe final answer is \\boxed{{{gold}}}.".strip()


@dataclass(frozen=True)
class MathChecker(Checker):
    """Finds the final answer and compares it with the task's gold answer."""

    task: MathTask
    policy: Policy = STRICT

    @property
    def rules(self) -> str:
        policy = self.policy
        more = f" {policy.unevaluated} {policy.certain}" if policy.unevaluated or policy.certain else ""
        return f"math {RULES} {policy.lenient} {policy.fallback}{more}"

    def prepare(self) -> dict[str, Any]:
        if self.policy.fallback:
            require("math_verify")
        found: dict[str, Any] = {
            "answer_extraction": "lenient" if self.policy.lenient else "strict",
            "rules": RULES,
        }
        if self.policy.unevaluated:
            found["unevaluated"] = "accept"
        if self.policy.certain:
            found["doubtful"] = "null"
        return found

    def check(self, row: Row, response: str) -> Verdict:
        gold = self.task.gold(row)
        if gold is None:
            return Verdict(None, NO_GOLD)
        verdict = verify(response, gold, self.policy)
        evidence = {"answer": verdict.evidence["answer"], "gold": gold, "layer": verdict.evidence["layer"]}
        if why := verdict.evidence.get("why"):
            evidence["why"] = why
        return Verdict(verdict.correct, verdict.reason, evidence)
