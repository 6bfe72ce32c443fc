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


def only_the_judge_accepts(response: Response, *, prose: bool = False) -> bool:
    """Whether the rules could not decide, and the judge model accepts the response.

    prose: also where the rules found other words than a gold answer in prose (``ModelVerdict`` is given to no other
    response that the rules reject).
    """
    found = current(response)
    undecided = response.correct is None or (prose and response.correct is False)
    return found is not None and found.correct is True and undecided
