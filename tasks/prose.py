"""Gold answers that are sentences: the rules confirm them word for word and never reject a rephrasing of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from tasks.math import MathChecker, MathTask
from util.records import NO_FINAL_ANSWER, NOT_JUDGEABLE, Row, Verdict
from util.task import CheckOptions

PROSE = f"{NOT_JUDGEABLE}the gold answer is prose, and the rules compare words only"

_FORMULA = re.compile(r"\$[^$]*\$|\\\([^)]*\\\)|\\\[.*?\\\]", re.DOTALL)
_COMMAND = re.compile(r"\\(?:text\w*|mathrm|mbox)\s*\{([^{}]*)\}")
_WORD = re.compile(r"(?<![\\\w])[^\W\d_]{2,}(?!\w)")


class ProseMathTask(MathTask):
    """most_words: golds with more words outside formulas than that are prose."""

    most_words: ClassVar[int] = 2

    def checker(self, options: CheckOptions) -> MathChecker:
        return ProseChecker(self, super().checker(options).policy)

    def in_prose(self, gold: str) -> bool:
        return words(gold) > self.most_words


@dataclass(frozen=True)
class ProseChecker(MathChecker):
    """As ``MathChecker``, but an answer that differs from a gold answer in prose has no verdict."""

    task: ProseMathTask

    @property
    def rules(self) -> str:
        return f"{super().rules} prose 1 {self.task.most_words}"

    def check(self, row: Row, response: str) -> Verdict:
        verdict = super().check(row, response)
        if verdict.correct is not False or verdict.reason == NO_FINAL_ANSWER:
            return verdict
        if not self.task.in_prose(str(self.task.gold(row))):
            return verdict
        return Verdict(None, PROSE, verdict.evidence)


def words(gold: str) -> int:
    r"""The number of words of a gold answer outside its formulas.

    >>> words(r"No such function exists"), words(r"$f(x) = \sin x$"), words(r"\text{all odd primes}"), words("42 cm")
    (4, 0, 3, 1)
    """
    text = _FORMULA.sub(" ", _COMMAND.sub(r" \1 ", gold))
    return len(_WORD.findall(text))
