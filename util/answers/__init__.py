r"""Final answers: find them in a response, compare them with the gold answer.

>>> verify("So 6 * 7 = 42. The answer is \\boxed{42}.", "42").correct
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from util.answers.equivalence import canonical, same_number
from util.answers.extract import MAX_ANSWER, extract_answer
from util.answers.fallback import Fallback

_fallback = Fallback()

_COMMAND = re.compile(
    r"\\(?:begin|end)\{\w+\*?\}|\\[a-zA-Z]+|\b(?:sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|pi|max|min)\b"
)
_WORD = re.compile(r"[a-zA-Z]{3,}|\b(?:no|or|is|to|if)\b")


@dataclass(frozen=True)
class AnswerVerdict:
    """correct is None where the gold answer cannot be used.

    layer: what decided ("text", "number", "math-verify", or "" if nothing could).
    """

    correct: bool | None
    reason: str
    extracted: str | None = None
    layer: str = ""


def verify(response: str, gold: str) -> AnswerVerdict:
    """Judge a whole response against the gold answer."""
    if not gold.strip() or len(gold) > MAX_ANSWER:
        return AnswerVerdict(None, "the gold answer cannot be read")
    answer = extract_answer(response)
    if answer is None:
        return AnswerVerdict(False, "no final answer found")
    verdict = compare(gold, answer)
    return AnswerVerdict(verdict.correct, verdict.reason, answer, verdict.layer)


def compare(gold: str, answer: str) -> AnswerVerdict:
    """Judge an extracted answer against the gold answer. Doubt is a no."""
    if canonical(gold) == canonical(answer):
        return AnswerVerdict(True, "same text as the gold answer", answer, "text")
    numbers = same_number(gold, answer)
    if numbers is not None:
        how = "equals" if numbers else "differs from"
        return AnswerVerdict(numbers, f"the number {how} the gold answer", answer, "number")
    if _WORD.search(_COMMAND.sub(" ", answer)):
        # math-verify would read the number out of "not 7" or "7 apples or so".
        return AnswerVerdict(False, "the answer holds words that the gold answer lacks", answer)
    equal = _fallback.equal(gold, answer)
    if equal is None:
        return AnswerVerdict(False, "not comparable with the gold answer", answer)
    return AnswerVerdict(equal, f"math-verify finds it {'equal' if equal else 'different'}", answer, "math-verify")
