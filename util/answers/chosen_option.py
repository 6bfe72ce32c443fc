"""The option that a response to a multiple-choice question chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from util.answers.extract import extract_answer
from util.answers.layers import compare
from util.answers.layout import canonical, cleaned
from util.text.thought import after_reasoning

_STYLE = re.compile(r"\\(?:text\w*|math(?:rm|bf|sf|it)|mbox|rm|bf|boxed|fbox)\s*\{?|\\[()\[\]]|[{}$]|\*\*|__")
_LEAD = re.compile(r"^(?:the\s+)?(?:correct\s+)?(?:option|choice|answer|letter)\s*:?\s*(?:is\s+)?", re.IGNORECASE)
_LETTER = re.compile(r"[(\[]?\s*([A-Za-z])\s*[)\]]?\s*(?:([.:)\]–-])\s*|\s+|$)(.*)", re.DOTALL)
_SEVERAL = re.compile(
    r"[(\[]?\s*[A-Z]\s*[)\]]?\s*(?:,|/|&|\+|\bor\b|\band\b)\s*(?:\b(?:or|and)\b\s*)?[(\[]?\s*([A-Z])\b(?!')"
)
_STATED = re.compile(
    r"\b(?:(?:answer|option|choice)(?:\s+(?:is|must\s+be|would\s+be)|\s*:)?|choose|pick|select|go\s+with)\s*:?\s*\**\s*"
    r"(?:option|choice|answer)?\s*([(\[]?([A-Z])[)\]]?)(?![\w'])(?!\s+[a-z]*[a-z]{2,}\s+[a-z]+ed\b)",
    re.IGNORECASE,
)
MAX_CONTENT = 400


def extract_choice(response: str, options: Sequence[str]) -> str | None:
    """ "A", "B", ... or None if the response names no option or several.

    A letter counts in a box, after "the answer is", after "option", or alone on the last line. The complete
    text of an option counts as its letter if no other option has the same text.
    """
    text = after_reasoning(response)
    if text is None:
        return None
    letters = [chr(ord("A") + i) for i in range(len(options))]
    answer = extract_answer(response)
    if answer is not None:
        if _names_several(answer, letters):
            return None
        if (found := _chosen(answer, letters, options)) is not None:
            return found
    stated = [match for match in _STATED.finditer(text) if match[2] in letters]
    if stated:
        last = stated[-1]
        return None if _names_several(text[last.start(1) : last.end() + 20], letters) else last[2]
    lines = text.strip().splitlines()
    return _alone(lines[-1], letters, options) if lines else None


def _plain(answer: str) -> str:
    return _STYLE.sub(" ", answer).strip(" .,;\n\t")


def _names_several(answer: str, letters: list[str]) -> bool:
    match = _SEVERAL.match(_LEAD.sub("", _plain(answer)).lstrip("*( "))
    return match is not None and match[1] in letters


def _chosen(answer: str, letters: list[str], options: Sequence[str]) -> str | None:
    """The option that an extracted answer names: by letter, by letter and content, or by content."""
    plain = _LEAD.sub("", _plain(answer))
    match = _LETTER.match(plain)
    if match and match[1].upper() in letters:
        letter, mark, rest = match[1].upper(), match[2], match[3].strip()
        bracketed = plain.lstrip().startswith(("(", "["))
        if not rest and (match[1].isupper() or len(plain) == 1 or bracketed):
            return letter
        # "A triangle" is an article and a word, unless that is what option A says.
        if rest and match[1].isupper() and (mark or bracketed or _same_content(rest, options[letters.index(letter)])):
            return letter
    return _by_content(answer, letters, options)


def _by_content(answer: str, letters: list[str], options: Sequence[str]) -> str | None:
    if not answer or len(answer) > MAX_CONTENT:
        return None
    same = [letter for letter, option in zip(letters, options, strict=True) if _same_text(answer, option)]
    if not same:
        same = [letter for letter, option in zip(letters, options, strict=True) if _same_content(answer, option)]
    return same[0] if len(same) == 1 else None


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


def _alone(line: str, letters: list[str], options: Sequence[str]) -> str | None:
    """The letter on a last line that contains nothing else."""
    plain = _plain(line)
    match = _LETTER.match(plain)
    if match is None or match[1] not in letters or _names_several(line, letters):
        return None
    rest = match[3].strip()
    if not rest or _same_content(rest, options[letters.index(match[1])]):
        return match[1]
    return None
