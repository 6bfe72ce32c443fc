"""Two cleaned answers before the parser: mathematics, words, or unreadable."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from util.answers import numeric
from util.answers.meaning import text_key
from util.answers.nodes import Node, TooHard, Unreadable
from util.answers.parse import parse
from util.answers.same import same

_TEXT_COMMAND = re.compile(r"\\(?:text\w*|math(?:rm|bf|it|sf)|mbox|operatorname)\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’.,;:!?/()-])*")
_LETTER = re.compile(r"\(?\s*([A-Z])\s*\)?\s*[.:)]?")
_LETTER_FIRST = re.compile(
    r"(?:\\(?:text\w*|math(?:rm|bf))\s*\{)?\s*\(?\s*([A-Z])\s*\)?\s*\}?\s*(?:[.:)]|\\ |(?<=\))|(?<=\}))\s*(.+)",
    re.DOTALL,
)


_SECOND_OPTION = re.compile(r"^(?:and|or|,|&|/)|\([A-Z]\)|\b(?:and|or) [A-Z]\b")


class Judgement(NamedTuple):
    """unread: whether a side could not be read, so that another reader may be asked."""

    correct: bool | None
    reason: str
    layer: str = ""
    unread: bool = False


@lru_cache(maxsize=4096)
def _read(text: str) -> Node | str | None:
    """The tree of a text, its words, or None if it is neither."""
    try:
        return parse(text)
    except Unreadable:
        words = _TEXT_COMMAND.sub(r" \1 ", text).strip()
        return words if words and _WORDS.fullmatch(words) and "\\" not in words else None


def judge(gold: str, answer: str) -> Judgement:
    """Compare two texts as ``layout.cleaned`` gives them."""
    if (letter := _same_letter(gold, answer)) is not None:
        return letter
    expected = _read(gold)
    if expected is None:
        return Judgement(None, "the gold answer cannot be read", unread=True)
    given = _read(answer)
    if given is None:
        return Judgement(False, "the answer cannot be read", unread=True)
    keys = [_words_key(side) for side in (expected, given)]
    if None not in keys:
        equal = keys[0] == keys[1]
        return Judgement(equal, "the same words" if equal else "other words than the gold answer", "text")
    if isinstance(expected, str) or isinstance(given, str):
        return Judgement(False, "words against mathematics", "text")
    numeric.begin()
    try:
        equal = same(expected, given)
    except (TooHard, RecursionError):
        return Judgement(False, "too hard to compare with the gold answer")
    return Judgement(equal, f"{'the same as' if equal else 'differs from'} the gold answer", "mathematics")


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


def _same_letter(gold: str, answer: str) -> Judgement | None:
    """A gold that is an option's letter, alone or before the option's content."""
    right, content = _option(gold)
    if right is None:
        return None
    given, its = _option(answer)
    if given is not None and (content is not None or its is not None or right == given):
        equal = given == right
        return Judgement(equal, f"option {given} is {'' if equal else 'not '}the gold answer", "text")
    if content is not None:
        return judge(content, answer)
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
