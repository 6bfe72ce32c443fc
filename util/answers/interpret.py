"""Two cleaned answers: option letters, labelled parts, times and dates, words, or mathematics."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from util.answers.evaluation import start_clock
from util.answers.grammar import parse_answer
from util.answers.grouping import ambiguous, grouped, separated
from util.answers.layout import canonical_of
from util.answers.meaning import text_key
from util.answers.nodes import Node, TooHard, Unreadable
from util.answers.same import same
from util.records import UNREADABLE_GOLD

_TEXT_COMMAND = re.compile(r"\\(?:text\w*|math(?:rm|bf|it|sf)|mbox|operatorname)\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’.,;:!?/()-])*")
_LETTER = re.compile(r"\(?\s*([A-Z])\s*\)?\s*[.:)]?")
_LETTER_FIRST = re.compile(
    r"(?:\\(?:text\w*|math(?:rm|bf))\s*\{)?\s*\(?\s*([A-Z])\s*\)?\s*\}?\s*(?:[.:)]|\\ |(?<=\))|(?<=\}))\s*(.+)",
    re.DOTALL,
)


_CAPITALS = re.compile(r"[A-Z]{3,}")
_AS_TEXT = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:\\text\{\s*)?[ap]\.?\s?m\.?\s*\}?)?|\d{4}-\d\d?-\d\d?|\d+\s*-\s*\d+|(?:\(\d\)\s*,?\s*){2,}",
    re.IGNORECASE,
)
"""Times, dates, ranges and lists of statement numbers, which are compared as text."""

_LABEL = re.compile(r"(?:\\text\{\s*)?(?:\(\s*([1-9a-h]|i{1,3}|iv)\s*\)|(?<![\w.])([1-9a-h])\))\s*:?\s*\}?(?=\s*\S)")

_OPERATOR_LAST = re.compile(r"(?:\\(?:cdot|times|div|pm|mp)|[-+*/^=<>])\s*$")
_SECOND_OPTION = re.compile(r"^(?:and|or|,|&|/)|\([A-Z]\)|\b(?:and|or) [A-Z]\b")


class _Finding(NamedTuple):
    """unread: one of the two could not be parsed, so another parser may be tried."""

    correct: bool | None
    reason: str
    layer: str = ""
    unread: bool = False


@lru_cache(maxsize=4096)
def _read(text: str) -> Node | str | None:
    """The tree of a text, or its words, or None if it is neither."""
    if _CAPITALS.fullmatch(bare := _bare(text)):
        return bare  # an order or a pattern, such as HHT, not a product
    try:
        return parse_answer(text)
    except Unreadable:
        words = _bare(text)
        return words if words and _WORDS.fullmatch(words) and "\\" not in words else None


def _bare(text: str) -> str:
    """The text without LaTeX text commands."""
    return _TEXT_COMMAND.sub(r" \1 ", text).strip()


def compare_texts(gold: str, answer: str) -> _Finding:
    """Compare two texts that ``layout.cleaned`` returned."""
    if (letter := _same_letter(gold, answer)) is not None:
        return letter
    if (parts := _labelled_parts(gold, answer)) is not None:
        return parts
    if _AS_TEXT.fullmatch(gold) or _AS_TEXT.fullmatch(answer):
        same_text = re.sub(r"[\s.]", "", _bare(gold)).upper() == re.sub(r"[\s.]", "", _bare(answer)).upper()
        one_time = ":" in gold + answer and not (_AS_TEXT.fullmatch(gold) and _AS_TEXT.fullmatch(answer))
        if not one_time:
            how = "the same text as" if same_text else "another text than"
            return _Finding(same_text, f"{how} the gold answer", "text")
    verdict = _compare_read(grouped(gold), grouped(answer))
    if verdict.correct is not True and (ambiguous(gold) or ambiguous(answer)):
        other = _compare_read(separated(gold), separated(answer))
        return other if other.correct or verdict.correct is None else verdict
    return verdict


def _compare_read(gold: str, answer: str) -> _Finding:
    expected = _read(gold)
    if expected is None:
        return _Finding(None, UNREADABLE_GOLD, unread=True)
    given = _read(answer)
    if given is None:
        return _Finding(False, "the answer cannot be read", unread=True)
    keys = [_words_key(side) for side in (expected, given)]
    if None not in keys:
        equal = keys[0] == keys[1]
        return _Finding(equal, "the same words" if equal else "other words than the gold answer", "text")
    if isinstance(expected, str) or isinstance(given, str):
        return _Finding(False, "words against mathematics", "text")
    start_clock()
    try:
        equal = same(expected, given)
    except (TooHard, RecursionError):
        return _Finding(False, "too hard to compare with the gold answer")
    return _Finding(equal, f"{'the same as' if equal else 'differs from'} the gold answer", "mathematics")


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
    return parts if all(parts) else None


def _labelled_parts(gold: str, answer: str) -> _Finding | None:
    """Answers to several questions, part by part; None if neither text has labels."""
    left, right = _labelled(gold), _labelled(answer)
    if left is None and right is None:
        return None
    if left is None or right is None:
        plain = re.split(r"[,;]\s", gold if left is None else answer)
        left, right = left or plain, right or plain
    if len(left) != len(right):
        return _Finding(False, f"{len(right)} parts where the gold answer has {len(left)}", "mathematics")
    for number, (one, other) in enumerate(zip(left, right, strict=True), 1):
        verdict = compare_texts(one, other) if canonical_of(one) != canonical_of(other) else _Finding(True, "")
        if not verdict.correct:
            return verdict._replace(reason=f"part {number}: {verdict.reason}")
    return _Finding(True, "every part is the same", "mathematics")


def _words_key(side: Node | str) -> str | None:
    """The key of a text answer; None for mathematics."""
    if isinstance(side, str):
        return text_key(side)
    if side.op == "text":
        return text_key(side.args[0])
    if side == Node("set", ((),)):
        return "emptyset"
    if side == Node("sym", ("set R",)):
        return "setR"
    return None


def _same_letter(gold: str, answer: str) -> _Finding | None:
    """The verdict for a gold answer that is an option's letter, alone or before its content; None for others."""
    right, content = _option(gold)
    if right is None:
        # "(C) 116" for 116: the gold answer has no letter, so the content decides.
        letter, its = _option(answer)
        return compare_texts(gold, its) if letter is not None and its is not None and letter not in gold else None
    given, its = _option(answer)
    if given is not None and (content is not None or its is not None or right == given):
        equal = given == right
        return _Finding(equal, f"option {given} is {'' if equal else 'not '}the gold answer", "text")
    if content is not None:
        return compare_texts(content, answer)
    return None


def _option(text: str) -> tuple[str | None, str | None]:
    """(letter, content) of "(C)", "C.", "C: 12"; (None, None) of anything else."""
    bare = _TEXT_COMMAND.sub(r"\1", text).strip()
    if match := _LETTER.fullmatch(bare):
        return match[1], None
    if match := _LETTER_FIRST.fullmatch(text):
        content = match[2].strip()
        return (None, None) if _SECOND_OPTION.search(content) else (match[1], content)
    return None, None
