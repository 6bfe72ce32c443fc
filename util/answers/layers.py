"""An extracted answer against the gold answer: as text, as a number, then as mathematics.

The cheap layers come first, and the first layer that can decide does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from util.answers.grouping import ambiguous
from util.answers.layout import MAX_ANSWER, canonical_of, cleaned
from util.answers.literals import Literal, literal, same_literals
from util.records import UNREADABLE_GOLD, Verdict

RULES = 2
"""Version of the rules. Raise it when a rule changes: verdicts by older rules are then computed again."""


@dataclass(frozen=True)
class _Text:
    """An answer's text in the forms that the layers compare."""

    cleaned: str
    key: str
    number: Literal | None


def compare(gold: str, answer: str, *, fallback: bool = False) -> Verdict:
    """Judge an extracted answer against the gold answer. When in doubt, reject.

    fallback: use math-verify when the built-in parser cannot read one of the two.

    The evidence holds the answer and the layer that decided: "text", "number", "mathematics",
    "math-verify", or "" if none could. ``correct`` is None if the gold answer cannot be read.
    """
    if gold == answer and gold.isalnum():
        return _verdict(True, "same text as the gold answer", answer, "text")
    if len(answer) > MAX_ANSWER:
        return _verdict(False, "the answer is too long", answer[:100])
    expected, given = _text_of_gold(gold), _text(answer)
    if not expected.cleaned:
        return _verdict(None, UNREADABLE_GOLD, answer)
    if expected.key == given.key:
        return _verdict(True, "same text as the gold answer", answer, "text")
    if expected.number is not None and given.number is not None and not (ambiguous(gold) and ambiguous(answer)):
        equal = same_literals(expected.number, given.number)
        how = "equals" if equal else "differs from"
        return _verdict(equal, f"the number {how} the gold answer", answer, "number")
    from util.answers.interpret import compare_texts

    finding = compare_texts(expected.cleaned, given.cleaned)
    if finding.unread and fallback:
        from util.answers.fallback import ask

        equal_or_none = ask(gold, answer)
        if equal_or_none is not None:
            how = "equal" if equal_or_none else "different"
            return _verdict(equal_or_none, f"math-verify finds it {how}", answer, "math-verify")
    return _verdict(finding.correct, finding.reason, answer, finding.layer)


def _verdict(correct: bool | None, reason: str, answer: str, layer: str = "") -> Verdict:
    return Verdict(correct, reason, {"answer": answer, "layer": layer})


def _text(text: str) -> _Text:
    clean = cleaned(text)
    return _Text(clean, canonical_of(clean), literal(clean))


_text_of_gold = lru_cache(maxsize=4096)(_text)
"""Each gold answer is compared with many answers."""
