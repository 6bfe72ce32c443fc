r"""Final answers: find them in a response, compare them with the gold answer.

>>> verify("So 6 * 7 = 42. The answer is \\boxed{42}.", "42").correct
True

Nothing here evaluates text as code. Comparing goes by layers, the cheap ones first: the same
text, the same number, the same mathematics (own parser, exact or at fixed points). See
docs/answers.md for the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from util.answers.extract import extract_answer
from util.answers.grouping import ambiguous
from util.answers.layout import MAX_ANSWER, canonical_of, cleaned
from util.answers.literals import Literal, literal, same_literals
from util.records import NO_FINAL_ANSWER

__all__ = ["RULES", "AnswerVerdict", "compare", "verify"]

RULES = 2
"""Raised when a rule changes, so that verdicts by older rules are given anew."""


@dataclass(frozen=True)
class AnswerVerdict:
    """correct is None where the gold answer cannot be used.

    layer: what decided ("text", "number", "mathematics", "math-verify", or "" if nothing could).
    """

    correct: bool | None
    reason: str
    extracted: str | None = None
    layer: str = ""


@dataclass(frozen=True)
class _Text:
    """An answer's text in the forms that the layers compare."""

    cleaned: str
    key: str
    number: Literal | None


def verify(response: str, gold: str, *, lenient: bool = False, fallback: bool = False) -> AnswerVerdict:
    """Judge a whole response against the gold answer.

    lenient: without a box or "the answer is", take the last formula or number.
    fallback: ask math-verify where the own parser cannot read one of the two.
    """
    if not gold.strip() or len(gold) > MAX_ANSWER:
        return AnswerVerdict(None, "the gold answer cannot be read")
    answer = extract_answer(response, lenient=lenient)
    if answer is None:
        return AnswerVerdict(False, NO_FINAL_ANSWER)
    return compare(gold, answer, fallback=fallback)


def compare(gold: str, answer: str, *, fallback: bool = False) -> AnswerVerdict:
    """Judge an extracted answer against the gold answer. Doubt is a no."""
    if gold == answer and gold.isalnum():
        return AnswerVerdict(True, "same text as the gold answer", answer, "text")
    if len(answer) > MAX_ANSWER:
        return AnswerVerdict(False, "the answer is too long", answer[:100])
    expected, given = _text(gold), _text_once(answer)
    if not expected.cleaned:
        return AnswerVerdict(None, "the gold answer cannot be read", answer)
    if expected.key == given.key:
        return AnswerVerdict(True, "same text as the gold answer", answer, "text")
    if expected.number is not None and given.number is not None and not (ambiguous(gold) and ambiguous(answer)):
        equal = same_literals(expected.number, given.number)
        how = "equals" if equal else "differs from"
        return AnswerVerdict(equal, f"the number {how} the gold answer", answer, "number")
    from util.answers import interpret

    verdict = interpret.judge(expected.cleaned, given.cleaned)
    if verdict.unread and fallback:
        from util.answers.fallback import ask

        equal_or_none = ask(gold, answer)
        if equal_or_none is not None:
            finding = "equal" if equal_or_none else "different"
            return AnswerVerdict(equal_or_none, f"math-verify finds it {finding}", answer, "math-verify")
    return AnswerVerdict(verdict.correct, verdict.reason, answer, verdict.layer)


def _text_once(text: str) -> _Text:
    clean = cleaned(text)
    return _Text(clean, canonical_of(clean), literal(clean))


_text = lru_cache(maxsize=4096)(_text_once)
"""Gold answers come again and again."""
