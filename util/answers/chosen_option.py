"""The option that a response to a multiple-choice question chooses."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from util.answers.extract import CUT, NO_END, SEVERAL, TOO_LONG, TWO, extract
from util.answers.extraction.answer_part import answer_part
from util.answers.extraction.candidate import Extraction
from util.answers.extraction.commitment import TAKEN_BACK, fault_of
from util.answers.layers import compare
from util.answers.layout import canonical, cleaned

LETTERS = string.ascii_uppercase
"""The letters of options, in order: no question has more."""
MAX_CONTENT = 400
"""Characters of an option's text that an answer without a letter is compared with."""
NO_OPTION_NAMED, CONTRADICTION = "nothing names an option", "letter and text belong to different options"

_STYLE = re.compile(r"\\(?:text\w*|math(?:rm|bf|sf|it)|mbox|rm|bf|boxed|fbox)\s*\{?|\\[()\[\]]|[{}$]|\*\*|__|\\ ")
_BULLET = re.compile(r"^(?:[-•>→⇒]|[=-]>)\s*")
_DOUBLED = re.compile(r"([(\[\])])\1")
_LEAD = re.compile(r"^(?:the\s+)?(?:correct\s+)?(?:option|choice|answer|letter)\s*:?\s*(?:is\s+)?", re.IGNORECASE)
_LETTER = re.compile(
    r"(?s)(?P<open>[(\[]?)\s*(?P<letter>[A-Za-z])\s*(?P<close>[)\]]?)\s*(?:(?P<mark>[.:)\]]|(?<=\s)[–-](?=\s))\s*|(?P<end>\s+|$)|(?=[(,;]))(?P<rest>.*)"
)
_SEVERAL = re.compile(
    r"(?:either\s+|both\s+|between\s+)?[(\[]?\s*[A-Z]\s*[)\]]?\s*(?:,|/|&|\+|\bor\b|\band\b)\s*(?:\b(?:or|and|maybe|possibly|perhaps)\b\s*){0,2}[(\[]?\s*(?P<other>[A-Z])\b(?!')"
)
_STATED = re.compile(
    r"(?i)\b(?:(?:answer|option|choice)(?:\s+(?:is|must\s+be|would\s+be)|\s*:)?|choose|pick|select|go(?:ing)?\s+with)\s*:?\s*\**\s*"
    r"(?:option|choice|answer)?\s*(?P<written>[(\[]?(?P<letter>[A-Z])[)\]]?)(?![\w'])(?!\s+[a-z]*[a-z]{2,}\s+[a-z]+ed\b)"
)
_IS_RIGHT = re.compile(
    r"(?<![\w'\\])(?P<written>[(\[]?(?P<letter>[A-Z])[)\]]?)\**\s+is\s+(?:therefore\s+|thus\s+|clearly\s+|indeed\s+)?(?:the\s+)?(?:correct|right|best|answer)\b"
)


@dataclass(frozen=True)
class Choice:
    """letter: "A", "B", ... or None if the response chooses no option or several. reason: why, in words."""

    letter: str | None
    reason: str


def choose(response: str, options: Sequence[str]) -> Choice:
    """The option that a response chooses.

    A letter counts in a box, after "the answer is", after "option", or alone on the last line; with text behind it only
    if that text is not another option's. The complete text of an option counts as its letter if no other option has the
    same text. A letter inside a formula is a symbol. options: at most 26 texts; ValueError for more.
    """
    if len(options) > len(LETTERS):
        raise ValueError(f"{len(options)} options, more than the {len(LETTERS)} letters")
    text = answer_part(response)
    if text is None:
        return Choice(None, NO_END)
    letters = LETTERS[: len(options)]
    found = extract(response)
    if found.answer is not None:
        choice = _of_answer(found.answer, letters, options)
        if choice.letter is not None and _text_behind(text, found, letters, options) not in (None, choice.letter):
            return Choice(None, CONTRADICTION)
        if choice.letter is not None or choice.reason in (SEVERAL, CONTRADICTION):
            return choice
    elif found.reason == TWO:
        return _agreed(found, letters, options)
    elif found.reason in (TAKEN_BACK, SEVERAL, CUT, TOO_LONG):
        return Choice(None, found.reason)
    return _stated(text, letters, options)


def _text_behind(text: str, found: Extraction, letters: str, options: Sequence[str]) -> str | None:
    """The letter of the option whose text stands behind the chosen statement on its line ("Answer: C. Rome")."""
    end = max((candidate.end for candidate in found.candidates if candidate.text == found.answer), default=len(text))
    return _by_content(text[end : end + MAX_CONTENT].partition("\n")[0].strip(" .:)*$"), letters, options).letter


def _agreed(found: Extraction, letters: str, options: Sequence[str]) -> Choice:
    """Statements that differ as texts may name one option: its letter and its content."""
    named = {
        _of_answer(candidate.text, letters, options).letter
        for candidate in found.candidates
        if not candidate.fault and not candidate.weak
    }
    return Choice(named.pop(), "every statement names it") if len(named) == 1 else Choice(None, TWO)


def _stated(text: str, letters: str, options: Sequence[str]) -> Choice:
    """The last letter that a sentence states without denying it, else one that is alone on the last line."""
    stated = [
        match
        for pattern in (_STATED, _IS_RIGHT)
        for match in pattern.finditer(text)
        if match["letter"] in letters and not fault_of(text, match.start(), match.end())
    ]
    if stated:
        last = max(stated, key=lambda match: match.start("letter"))
        several = _names_several(text[last.start("written") : last.end("written") + 20], letters)
        return Choice(None, SEVERAL) if several else Choice(last["letter"], "the last letter that is stated")
    lines = text.strip().splitlines()
    return _alone(lines[-1], letters, options) if lines else Choice(None, NO_OPTION_NAMED)


def _plain(answer: str) -> str:
    plain = _STYLE.sub(" ", answer.replace("（", "(").replace("）", ")")).strip(" .,;。\n\t")
    return _DOUBLED.sub(r"\1", _BULLET.sub("", plain))


def _names_several(answer: str, letters: str) -> bool:
    match = _SEVERAL.match(_LEAD.sub("", _plain(answer)).lstrip("*( "))
    return match is not None and match["other"] in letters


def _of_answer(answer: str, letters: str, options: Sequence[str]) -> Choice:
    """The option that an extracted answer names: by letter, by letter and content, or by content."""
    if _names_several(answer, letters):
        return Choice(None, SEVERAL)
    plain = _LEAD.sub("", _plain(answer)).lstrip()
    match = _LETTER.match(plain)
    if match and match["letter"].upper() in letters:
        letter, rest = match["letter"].upper(), match["rest"].strip()
        bracketed = bool(match["open"] and match["close"])
        if not rest and (match["letter"].isupper() or len(plain) == 1 or bracketed or match["mark"]):
            return Choice(letter, "its letter")
        if rest and rest[0] in "^_=+*/":
            return Choice(None, NO_OPTION_NAMED)  # a symbol of a formula
        if rest and (match["letter"].isupper() or bracketed):
            return _with_content(letter, rest, bool(match["mark"] or bracketed), letters, options)
    return _by_content(answer, letters, options)


def _with_content(letter: str, rest: str, is_marked: bool, letters: str, options: Sequence[str]) -> Choice:
    """A letter with text behind it: "A triangle" is an article and a word, unless that is what option A says."""
    if _same_content(rest, options[letters.index(letter)]):
        return Choice(letter, "its letter and text")
    if not is_marked:
        return Choice(None, NO_OPTION_NAMED)
    other = _by_content(rest, letters, options)
    return Choice(None, CONTRADICTION) if other.letter not in (None, letter) else Choice(letter, "its letter")


def _by_content(answer: str, letters: str, options: Sequence[str]) -> Choice:
    if not answer or len(answer) > MAX_CONTENT:
        return Choice(None, NO_OPTION_NAMED)
    same = [letter for letter, option in zip(letters, options, strict=True) if _same_text(answer, option)]
    if not same:
        same = [letter for letter, option in zip(letters, options, strict=True) if _same_content(answer, option)]
    return Choice(same[0], "its text") if len(same) == 1 else Choice(None, NO_OPTION_NAMED)


def _same_text(answer: str, option: str) -> bool:
    return canonical(_words(answer)) == canonical(_words(option))


def _words(text: str) -> str:
    return re.sub(r"\\(?:text\w*|mathrm|mathbf|mbox)\s*\{([^{}]*)\}", r"\1", text).strip().rstrip(".").casefold()


def _same_content(answer: str, option: str) -> bool:
    """The same text, or the same number or expression."""
    if _same_text(answer, option):
        return True
    if not any(c.isdigit() or c == "\\" for c in cleaned(answer)) or len(option) > MAX_CONTENT:
        return False
    return compare(option, answer).correct is True


def _alone(line: str, letters: str, options: Sequence[str]) -> Choice:
    plain = _plain(line)
    match = _LETTER.match(plain)
    letter = match["letter"].upper() if match and match["open"] and match["close"] else match and match["letter"]
    if match is None or not letter or letter not in letters or _names_several(line, letters):
        return Choice(None, NO_OPTION_NAMED)
    rest = match["rest"].strip()
    if not rest or _same_content(rest, options[letters.index(letter)]):
        return Choice(letter, "alone on the last line")
    return Choice(None, NO_OPTION_NAMED)
