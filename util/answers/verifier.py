"""A whole response against the gold answer: extract its final answer, then compare."""

from __future__ import annotations

from util.answers.extract import extract_answer
from util.answers.layers import compare
from util.answers.layout import MAX_ANSWER
from util.answers.policy import STRICT, Policy
from util.records import NO_FINAL_ANSWER, UNREADABLE_GOLD, Verdict

_NOTHING = {"answer": None, "layer": ""}


def verify(response: str, gold: str, policy: Policy = STRICT) -> Verdict:
    """Judge a whole response against the gold answer.

    The evidence is as in ``compare``; without a final answer it is {"answer": None, "layer": ""}.
    """
    if not gold.strip() or len(gold) > MAX_ANSWER:
        return Verdict(None, UNREADABLE_GOLD, dict(_NOTHING))
    answer = extract_answer(response, lenient=policy.lenient)
    if answer is None:
        return Verdict(False, NO_FINAL_ANSWER, dict(_NOTHING))
    return compare(gold, answer, policy)
