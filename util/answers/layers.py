"""An extracted answer against the gold answer: as text, as a number, then as mathematics.

The cheap layers come first, and the first layer that can decide does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from util.answers.layout import MAX_ANSWER, ambiguous, canonical_of, cleaned
from util.answers.literals import Literal, literal, same_literals
from util.answers.policy import STRICT, Policy
from util.records import UNREADABLE_GOLD, Verdict

RULES = 3
"""Version of the rules. Raise it when a rule changes: verdicts by older rules are then computed again."""
TEXT, NUMBER, ROUNDING, POINTS, FALLBACK = "text", "number", "rounding", "points", "math-verify"
INEXACT = frozenset([POINTS, ROUNDING])
"""Layers whose rules are not exact: agreement at points, and decimals up to a rounding."""


@dataclass(frozen=True)
class _Text:
    """An answer's text in the forms that the layers compare."""

    cleaned: str
    key: str
    number: Literal | None


def compare(gold: str, answer: str, policy: Policy = STRICT) -> Verdict:
    """Judge an extracted answer against the gold answer. When in doubt, reject.

    The evidence holds the answer and the layer that decided: "text", "number", "exact", "points", "rounding",
    "mathematics" (trees that differ), "math-verify", or "" if none could. ``correct`` is None if the gold answer cannot
    be read, and with ``policy.certain`` if a rule that is not exact would accept.
    """
    found = _compared(gold, answer, policy)
    if policy.certain and found.correct and found.evidence["layer"] in INEXACT:
        return Verdict(None, f"equal by a rule that is not exact ({found.evidence['layer']})", found.evidence)
    return found


def _compared(gold: str, answer: str, policy: Policy) -> Verdict:
    if gold == answer and gold.isalnum():
        return _verdict(True, "same text as the gold answer", answer, TEXT)
    if len(answer) > MAX_ANSWER:
        return _verdict(False, "the answer is too long", answer[:100])
    expected, given = _text_of_gold(gold), _text(answer)
    if not expected.cleaned:
        return _verdict(None, UNREADABLE_GOLD, answer)
    if expected.key == given.key:
        return _verdict(True, "same text as the gold answer", answer, TEXT)
    if expected.number is not None and given.number is not None and not (ambiguous(gold) and ambiguous(answer)):
        equal = same_literals(expected.number, given.number)
        how = "equals" if equal else "differs from"
        exact = not equal or equal == "exact"
        return _verdict(bool(equal), f"the number {how} the gold answer", answer, NUMBER if exact else ROUNDING)
    return _as_mathematics(expected.cleaned, given.cleaned, gold, answer, policy)


def _as_mathematics(expected: str, given: str, gold: str, answer: str, policy: Policy) -> Verdict:
    from util.answers.interpret import compare_texts

    finding = compare_texts(expected, given)
    if finding.unread and policy.fallback:
        from util.answers.second_opinion import FALLBACK as worker

        equal_or_none = worker.equal(gold, answer)
        if equal_or_none is not None:
            how = "equal" if equal_or_none else "different"
            return _verdict(equal_or_none, f"math-verify finds it {how}", answer, FALLBACK)
    if finding.correct and finding.computation and not policy.unevaluated:
        reason = f"{finding.computation} where the gold answer is its value"
        return _verdict(False, reason, answer, finding.layer)
    return _verdict(finding.correct, finding.reason, answer, finding.layer)


def _verdict(correct: bool | None, reason: str, answer: str, layer: str = "") -> Verdict:
    return Verdict(correct, reason, {"answer": answer, "layer": layer})


def _text(text: str) -> _Text:
    clean = cleaned(text)
    return _Text(clean, canonical_of(clean), literal(clean))


_text_of_gold = lru_cache(maxsize=4096)(_text)
"""Each gold answer is compared with many answers."""
