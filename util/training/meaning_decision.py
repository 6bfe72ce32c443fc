"""Whether a training question and a benchmark question that resemble each other are one problem.

In this order: facts that contradict each other make two problems (``meaning_facts``); the same calculation is one problem;
else the score of the pair decides, against the threshold of ``required``. Measured by ``benchmarks/decontamination.py``.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from util.training.contamination_words import OPERATORS
from util.training.meaning_contrasts import ARITHMETIC, CALCULATION, POWER, same_meaning
from util.training.meaning_facts import Facts, other_problem

PER_NUMBER, MOST_NUMBERS = 0.13, 3.0
"""What each number that both have adds to the score, and how many count. Small numbers count less (``_weight``)."""
WITHOUT_NUMBERS = 0.06
"""What a pair needs more if no number says that it is one problem."""
FORMULAS = 0.1
"""What formulas with variables add to the score if the texts share one, and take from it if they share none."""
LONG, PER_DOUBLING, MOST_FOR_LENGTH = 30, 0.1, 0.25
"""Longer texts are more similar whatever they say: above LONG words, each doubling needs PER_DOUBLING more."""
RENAMED = 10
"""Words from which on a question with other names and objects is told by its other words."""
ORDER = 0.05
"""What is taken from the share of words in the same order: templates share more than their meaning."""
COPY = 0.85
"""Shared words in order from which a text is a copy with single words changed."""
ALIKE = 0.45
"""Similarity of two words that may stand for each other: largest, biggest 0.82; speed, velocity 0.52; hot, cold 0.18."""
_MOST_WORDS = 400
"""Words of a text whose order is compared: the time is their product."""
_COMMON = frozenset((
    "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "and", "or", "if", "is", "are",
    "was", "were", "be", "has", "have", "had", "do", "does", "did", "what", "which", "how", "many", "much", "it",
    "its", "this", "that", "these", "there", "their", "they", "he", "she", "his", "her", "him", "i", "you", "your",
    "we", "our", "as", "than", "then", "so", "when", "where", "who", "whose", "can", "could", "may", "must",
    "should", "will", "would", "one", "each", "every", "all", "any", "both", "some", "no", "not", "into", "out",
    "up", "down", "over", "after", "before", "more", "most", "also", "only", "such", "give", "find", "compute",
    "calculate", "determine", "evaluate", "name", "state", "tell", "count", "print", "read", "output", "return",
    "input", "given", "write", "program", "number", "value", "answer", "make", "get", "let", "same", "other",
    "another",
))  # fmt: skip
"""Words that say little about a problem."""
_NEGATIONS = frozenset(("not", "never", "cannot", "neither", "nor", "except"))


@dataclass(frozen=True)
class Agreement:
    """same: whether it is one problem; None where the score decides. similarity: the cosine. score: what is compared with
    ``required``: the larger one of cosine, cosine of the content and shared word order, and what shared numbers add."""

    same: bool | None
    why: str
    similarity: float
    score: float
    required: float


def compare(
    first: Facts, second: Facts, similarity: float, content: float, threshold: float, alike: Callable[[str, str], float]
) -> Agreement:
    """Compare a training question with a benchmark question.

    similarity: cosine of the texts. content: cosine of their ``content_words``. alike: similarity of two words.
    """
    renamed = _may_be_renamed(first, second)
    order = _order(first, second) if renamed or similarity > COPY - 0.2 else 0.0
    score = max(similarity, content, order - ORDER if renamed else 0.0)
    numbers = sum(map(_weight, first.numbers | second.numbers))
    needed = required(threshold, min(len(first.words), len(second.words)))
    needed += WITHOUT_NUMBERS * (1 - min(1.0, numbers))

    def found(same: bool | None, why: str, value: float = score) -> Agreement:
        return Agreement(same, why, round(similarity, 4), round(value, 4), round(needed, 4))

    if (why := other_problem(first, second)) is not None:
        return found(False, why)
    if _same_calculation(first, second):
        return found(True, "the same calculation with the same numbers", 1.0)
    if order >= COPY and (negated := _negation(first) ^ _negation(second)):
        return found(False, f'only one of them says "{min(negated)}"')
    if not (first.numbers or second.numbers) and (words := _replaced(first, second, alike)) is not None:
        return found(False, 'a copy with "{}" for "{}"'.format(*words))
    score += PER_NUMBER * min(MOST_NUMBERS, numbers) + FORMULAS * _shared_formulas(first, second)
    return found(None, "score", score)


def _may_be_renamed(first: Facts, second: Facts) -> bool:
    """Whether shared words in order tell something: several numbers in the same order, and words enough around them."""
    orders = [[word for word in known.words if word[0].isdigit()] for known in (first, second)]
    return len(set(orders[0])) > 1 and orders[0] == orders[1] and min(len(first.words), len(second.words)) >= RENAMED


def required(threshold: float, words: int) -> float:
    """The score that a pair needs whose shorter text has ``words`` words."""
    return threshold + min(MOST_FOR_LENGTH, PER_DOUBLING * math.log2(max(words, LONG) / LONG))


def content_words(known: Facts) -> str:
    """The words of a text that say what it is about, without numbers; all of them if there are none."""
    found = [word for word in known.words if _content(word)]
    return " ".join(found or known.words)


def _content(word: str) -> bool:
    return word not in _COMMON and word not in OPERATORS and not word[0].isdigit()


def _weight(number: Any) -> float:
    """Small numbers are in many problems."""
    return 1.0 if number.denominator > 1 or number >= 10 else 0.6 if number > 2 else 0.3


def _same_calculation(first: Facts, second: Facts) -> bool:
    if not first.numbers | second.numbers:
        return False
    one, two = first.meanings.get(ARITHMETIC), second.meanings.get(ARITHMETIC)
    if one is None or one != two or not all(map(_calculates, (first, second))):
        return False
    bases = [next((word for word in known.words if word[0].isdigit()), "") for known in (first, second)]
    return POWER not in one or bases[0] == bases[1]


def _calculates(known: Facts) -> bool:
    return len(known.words) <= 20 and all(
        word in CALCULATION or word in OPERATORS or word[0].isdigit() or word in ("th", "rd") for word in known.words
    )


def _shared_formulas(first: Facts, second: Facts) -> int:
    """1 if one text has a formula that is part of one of the other, -1 if both have formulas and share none, else 0."""
    one, two = ([each for each in known.formulas if re.search(r"[a-z]", each)][:50] for known in (first, second))
    if not one or not two:
        return 0
    return 1 if any(left in right or right in left for left in one for right in two) else -1


def _order(first: Facts, second: Facts) -> float:
    """The share of words that both have in the same order."""
    return _matcher(first, second).ratio()


def _matcher(first: Facts, second: Facts) -> difflib.SequenceMatcher[str]:
    return difflib.SequenceMatcher(None, first.words[:_MOST_WORDS], second.words[:_MOST_WORDS], autojunk=False)


def _negation(known: Facts) -> frozenset[str]:
    return _NEGATIONS.intersection(known.words)


def _replaced(first: Facts, second: Facts, alike: Callable[[str, str], float]) -> tuple[str, str] | None:
    """Words of another meaning in one place of texts that are copies otherwise."""
    matcher = _matcher(first, second)
    if matcher.ratio() < COPY - 0.2:
        return None
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "replace":
            continue
        one = [word for word in first.words[a:b] if _content(word) and word not in second.words]
        two = [word for word in second.words[c:d] if _content(word) and word not in first.words]
        if one and two and not _same_words(one, two, alike):
            return one[0], two[0]
    return None


def _same_words(one: Sequence[str], two: Sequence[str], alike: Callable[[str, str], float]) -> bool:
    return any(
        difflib.SequenceMatcher(None, left, right).ratio() >= 0.8  # colour, color; breathe, breathing
        or same_meaning(left, right)
        or alike(left, right) >= ALIKE
        for left in one
        for right in two
    )
