"""Option letters: "(C)", "C.", "C: 12". A letter in a formula is a symbol."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT_COMMAND = re.compile(r"\\(?:text\w*|math(?:rm|bf|it|sf)|mbox|operatorname)\s*\{([^{}]*)\}")
_LETTER = re.compile(r"\(?\s*([A-Z])\s*\)?\s*[.:)]?")
_LETTER_FIRST = re.compile(
    r"(?:\\(?:text\w*|math(?:rm|bf))\s*\{\s*)?(?:\(\s*([A-Z])\s*\)|([A-Z])\s*\}?\s*[.:)])"
    r"(?:[.:]|\s|\\ |\}|(?=\\[a-z]|\$))+(?![+*/^!=<>_'])(.+)",
    re.DOTALL,
)
_SECOND_OPTION = re.compile(r"^(?:and|or|,|&|/)|\([A-Z]\)|\b(?:and|or) [A-Z]\b")


@dataclass(frozen=True)
class Option:
    """content: what stands behind the letter, None for a letter alone."""

    letter: str
    content: str | None = None


def option_of(text: str) -> Option | None:
    """The option that a cleaned answer names; None for anything else, also for two options."""
    bare = _TEXT_COMMAND.sub(r"\1", text).strip()
    if match := _LETTER.fullmatch(bare):
        return Option(match[1])
    if match := _LETTER_FIRST.fullmatch(text):
        content = match[3].strip()
        return None if _SECOND_OPTION.search(content) else Option(match[1] or match[2], content)
    return None
