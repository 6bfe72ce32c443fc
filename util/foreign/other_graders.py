"""Graders that are not this suite's own: math-verify and equality of texts. For mathematics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from util.answers.extract import extract_answer
from util.answers.second_opinion import DEADLINE, START_DEADLINE, SecondOpinion
from util.records import NO_FINAL_ANSWER, NO_GOLD, Row, Verdict
from util.system.packages import require
from util.task import Checker


@dataclass(frozen=True)
class MathVerifyChecker(Checker):
    """math-verify on the whole response, with its own search for the answer."""

    @property
    def rules(self) -> str:
        return "math-verify"

    def prepare(self) -> dict[str, Any]:
        require("math_verify")
        return {}

    def deadline(self, row: Row) -> float:
        return START_DEADLINE + DEADLINE

    def check(self, row: Row, response: str) -> Verdict:
        gold = row.get("gold")
        if gold is None:
            return Verdict(None, NO_GOLD)
        opinion = _second_opinion().ask(gold, response, whole=True)
        return Verdict(opinion.correct, opinion.reason)


@cache
def _second_opinion() -> SecondOpinion:
    return SecondOpinion()


@dataclass(frozen=True)
class ExactChecker(Checker):
    """The answer that this suite's lenient extraction finds has to be the gold answer's text."""

    @property
    def rules(self) -> str:
        return "exact"

    def check(self, row: Row, response: str) -> Verdict:
        gold, answer = row.get("gold"), extract_answer(response, lenient=True)
        if gold is None:
            return Verdict(None, NO_GOLD)
        if answer is None:
            return Verdict(False, NO_FINAL_ANSWER)
        same = _bare(answer) == _bare(gold)
        return Verdict(same, "the same text" if same else "another text", {"answer": answer, "gold": gold})


def _bare(text: str) -> str:
    return "".join(text.replace("$", "").split())
