"""Whether a judge model's verdict is about the response and the gold answer as they are now."""

from __future__ import annotations

from util.records import ModelVerdict, Response
from util.results.entries import text_hash


def current(response: Response) -> ModelVerdict | None:
    """The judge model's verdict on exactly this text and gold answer; None if there is none.

    A verdict on an earlier text (before a rewrite, for example) or gold answer does not count.
    """
    found, rules = response.judge, response.verdict
    if found is None or rules is None or found.text != text_hash(response.judged_text):
        return None
    gold = rules.evidence.get("gold")
    return found if isinstance(gold, str) and found.gold == text_hash(gold) else None


UNDECIDED, PROSE = "undecided", "prose"


def accepted_by_judge_as(response: Response) -> str | None:
    """What the rules left open about a response that only a judge model accepts; None for every other response.

    UNDECIDED: they have no verdict. PROSE: they found other words than a gold answer in prose (of what the rules reject,
    a judge is asked about nothing else).
    """
    found = current(response) if response.judge is not None else None
    if found is None or found.correct is not True or response.correct is True:
        return None
    return UNDECIDED if response.correct is None else PROSE
