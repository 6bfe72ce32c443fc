"""A whole response against the gold answer: extract its final answer, then compare."""

from __future__ import annotations

from util.answers.extract import extract
from util.answers.layers import compare
from util.answers.layout import MAX_ANSWER
from util.answers.policy import STRICT, Policy
from util.records import NO_FINAL_ANSWER, UNREADABLE_GOLD, Verdict

_NOTHING = {"answer": None, "layer": ""}


def verify(response: str, gold: str, policy: Policy = STRICT) -> Verdict:
    """Judge a whole response against the gold answer.

    The evidence is as in ``compare``; without a final answer it is {"answer": None, "layer": ""}, and "why" says why
    none of the texts that look like answers counts, if there are any. The reason stays the same for all of these: runs
    count responses without an answer by it.
    """
    if not gold.strip() or len(gold) > MAX_ANSWER:
        return Verdict(None, UNREADABLE_GOLD, dict(_NOTHING))
    found = extract(response, lenient=policy.lenient)
    if found.answer is None:
        why = {"why": found.reason} if found.candidates else {}
        return Verdict(False, NO_FINAL_ANSWER, {**_NOTHING, **why})
    return compare(gold, found.answer, policy)
