"""Two cleaned answers: option letters, labelled parts, times and dates, words, or mathematics."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from util.answers.equality.forms import computation
from util.answers.equality.pair import POINTS, ROUNDING
from util.answers.equality.same import same_answers
from util.answers.layout import ambiguous, canonical_of, grouped, separated
from util.answers.syntax.grammar import parse_answer
from util.answers.syntax.nodes import Group, Listing, Node, SetOf, Unreadable, Words
from util.answers.syntax.tree import REALS
from util.answers.syntax.vocabulary import text_key
from util.answers.values.evaluate import TooHard, start_clock
from util.records import UNREADABLE_GOLD

MATHEMATICS, EXACT, TEXT = "mathematics", "exact", "text"
"""Layers: trees that differ, trees that are equal by exact rules, texts."""

_TEXT_COMMAND = re.compile(r"\\(?:text\w*|math(?:rm|bf|it|sf)|mbox|operatorname)\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’.,;:!?/()-])*")
_GLUED_BRACKET = re.compile(r"[^\W_]\(|\)[^\W_]")
_CAPITALS = re.compile(r"[A-Z]{3,}")
_CLOCK = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)(?:\s*(?:\\text\{\s*)?([ap])\.?\s?m\.?\s*\}?)?", re.IGNORECASE)
_AS_TEXT = re.compile(r"\d{4}-\d\d?-\d\d?|\d+\s*-\s*\d+|(?:\(\d\)\s*,?\s*){2,}", re.IGNORECASE)
"""Dates, ranges and lists of statement numbers, which are compared as text."""
_LEADING_ZERO = re.compile(r",\s*0\d")
_LABEL = re.compile(r"(?:\\text\{\s*)?(?:\(\s*([1-9a-h]|i{1,3}|iv)\s*\)|(?<![\w.])([1-9a-h])\))\s*:?\s*\}?(?=\s*\S)")
_OPERATOR_LAST = re.compile(r"(?:\\(?:cdot|times|div|pm|mp)|[-+*/^=<>])\s*$")


_LETTER = re.compile(r"\(?\s*([A-Z])\s*\)?\s*[.:)]?")
_LETTER_FIRST = re.compile(
    r"(?s)(?:\\(?:text\w*|math(?:rm|bf))\s*\{\s*)?(?:\(\s*([A-Z])\s*\)|([A-Z])\s*\}?\s*[.:)])"
    r"(?:[.:]|\s|\\ |\}|(?=\\[a-z]|\$))+(?![+*/^!=<>_'])(.+)"
)
_SECOND_OPTION = re.compile(r"^(?:and|or|,|&|/)|\([A-Z]\)|\b(?:and|or) [A-Z]\b")


@dataclass(frozen=True)
class Option:
    """content: what stands behind the letter, None for a letter alone."""

    letter: str
    content: str | None = None


@dataclass(frozen=True)
class Finding:
    """correct: None if the gold answer cannot be read. unread: one of the two cannot, so another parser may be tried.

    computation: what the answer leaves to compute, "" for nothing; such an answer is equal but no answer.
    """

    correct: bool | None
    reason: str
    layer: str = ""
    unread: bool = False
    computation: str = ""


@lru_cache(maxsize=4096)
def read(text: str) -> Node | str | None:
    """The tree of a text, or its words, or None if it is neither."""
    if _CAPITALS.fullmatch(bare := _bare(text)):
        return bare  # an order or a pattern, such as HHT, not a product
    try:
        return parse_answer(text)
    except Unreadable:
        words = _bare(text)
        plain = _WORDS.fullmatch(words) and "\\" not in words and not _GLUED_BRACKET.search(words)
        return words if plain else None


def _bare(text: str) -> str:
    """The text without LaTeX text commands."""
    return _TEXT_COMMAND.sub(r" \1 ", text).strip()


def compare_texts(gold: str, answer: str) -> Finding:
    """Compare two texts that ``layout.cleaned`` returned."""
    for rule in (_same_option, _labelled_parts, _same_time):
        if (found := rule(gold, answer)) is not None:
            return found
    finding = _compare_read(grouped(gold), grouped(answer))
    if finding.correct or ambiguous(gold) == ambiguous(answer) or _LEADING_ZERO.search(gold + " " + answer):
        return finding
    # A comma separates only where the other side is a list for sure: nobody writes 7121 as "7, 121".
    gold, answer = separated(gold), separated(answer)
    sides = (read(gold), read(answer))
    sizes = {len(side.items) if isinstance(side, (Listing, SetOf, Group)) else None for side in sides}
    if len(sizes) != 1 or None in sizes:
        return finding
    other = _compare_read(gold, answer)
    return other if other.correct or finding.correct is None else finding


def _compare_read(gold: str, answer: str) -> Finding:
    expected = read(gold)
    if expected is None:
        return Finding(None, UNREADABLE_GOLD, unread=True)
    given = read(answer)
    if given is None:
        return Finding(False, "the answer cannot be read", unread=True)
    keys = [_words_key(side) for side in (expected, given)]
    if None not in keys:
        equal = keys[0] == keys[1]
        if isinstance(expected, str) and isinstance(given, str) and _CAPITALS.fullmatch(expected):
            # A pattern of capitals, such as HHT, is not written with only some of them small.
            equal = equal and (given.isupper() or given.islower() or given.istitle())
        return Finding(equal, "the same words" if equal else "other words than the gold answer", TEXT)
    if isinstance(expected, str) or isinstance(given, str):
        return Finding(False, "words against mathematics", TEXT)
    return _compare_trees(expected, given)


def _compare_trees(expected: Node, given: Node) -> Finding:
    start_clock()
    try:
        equal, used = same_answers(expected, given)
    except (TooHard, RecursionError):
        return Finding(False, "too hard to compare with the gold answer")
    if not equal:
        return Finding(False, "differs from the gold answer", MATHEMATICS)
    layer = ROUNDING if ROUNDING in used else POINTS if POINTS in used else EXACT
    return Finding(True, "the same as the gold answer", layer, computation=computation(expected, given))


def _words_key(side: Node | str) -> str | None:
    """The key of a text answer; None for mathematics."""
    if isinstance(side, str):
        return text_key(side)
    if isinstance(side, Words):
        return text_key(side.text)
    if side == SetOf(()):
        return "emptyset"
    return "setR" if side == REALS else None


def _labelled(text: str) -> list[str] | None:
    """The parts of "(1) 3, (2) 4" or "a) x; b) y"; None if the text does not start with a label."""
    found = list(_LABEL.finditer(text))
    names = [match[1] or match[2] for match in found]
    if len(found) < 2 or found[0].start() != 0 or names[:2] not in (["1", "2"], ["a", "b"], ["i", "ii"]):
        return None
    ends = [*(match.start() for match in found[1:]), len(text)]
    parts = [text[match.end() : end].strip().strip(",;").strip() for match, end in zip(found, ends, strict=True)]
    parts = [re.sub(r"\\text\{\s*(?:and|,)?\s*\}$|\band$", "", part).strip().strip(",;").strip() for part in parts]
    if any(_OPERATOR_LAST.search(part) for part in parts[:-1]):
        return None  # "(1) + (2)" is a sum
    if any(sum(map(part.count, "([{")) != sum(map(part.count, ")]}")) for part in parts):
        return None  # "(1) ((2) + 3)" is a product; intervals mix brackets
    return parts if all(parts) else None


def _labelled_parts(gold: str, answer: str) -> Finding | None:
    """Answers to several questions, part by part; None if neither text has labels."""
    left, right = _labelled(gold), _labelled(answer)
    if left is None and right is None:
        return None
    if left is None or right is None:
        plain = re.split(r"[,;]\s", gold if left is None else answer)
        left, right = left or plain, right or plain
    if len(left) != len(right):
        return Finding(False, f"{len(right)} parts where the gold answer has {len(left)}", MATHEMATICS)
    for number, (one, other) in enumerate(zip(left, right, strict=True), 1):
        finding = Finding(True, "") if canonical_of(one) == canonical_of(other) else compare_texts(one, other)
        if not finding.correct:
            return replace(finding, reason=f"part {number}: {finding.reason}")
    return Finding(True, "every part is the same", MATHEMATICS)


def _same_time(gold: str, answer: str) -> Finding | None:
    """Times of day, dates and ranges as text; None unless both are. "am" and "pm" may be missing on one side."""
    clocks = [_CLOCK.fullmatch(_bare(side)) for side in (gold, answer)]
    if clocks[0] is not None and clocks[1] is not None:
        halves = {(clock[2] or "").lower() for clock in clocks if clock is not None} - {""}
        equal = clocks[0][1].lstrip("0") == clocks[1][1].lstrip("0") and len(halves) <= 1
    elif _AS_TEXT.fullmatch(gold) or _AS_TEXT.fullmatch(answer):
        equal = re.sub(r"[\s.]", "", _bare(gold)).upper() == re.sub(r"[\s.]", "", _bare(answer)).upper()
    else:
        return None
    how = "the same text as" if equal else "another text than"
    return Finding(equal, f"{how} the gold answer", TEXT)


def option_of(text: str) -> Option | None:
    """The option that a cleaned answer names; None for anything else, also for two options."""
    if match := _LETTER.fullmatch(_bare(text)):
        return Option(match[1])
    if match := _LETTER_FIRST.fullmatch(text):
        content = match[3].strip()
        return None if _SECOND_OPTION.search(content) else Option(match[1] or match[2], content)
    return None


def _same_option(gold: str, answer: str) -> Finding | None:
    """The verdict for a gold answer that is an option's letter, alone or before its content; None for others."""
    right, given = option_of(gold), option_of(answer)
    if right is None:
        # "(C) 116" for 116: the gold answer has no letter, so the content decides.
        if given is None or given.content is None or given.letter in gold:
            return None
        return compare_texts(gold, given.content)
    if given is None:
        return compare_texts(right.content, answer) if right.content is not None else None
    if right.content is None and given.content is None and right.letter != given.letter:
        return None
    if right.letter != given.letter:
        return Finding(False, f"option {given.letter} is not the gold answer", TEXT)
    if right.content is not None and given.content is not None:
        found = compare_texts(right.content, given.content)
        return found if found.correct else replace(found, correct=False, reason="the right letter with another content")
    return Finding(True, f"option {given.letter} is the gold answer", TEXT)
