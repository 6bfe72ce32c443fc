"""Instructions about words: keywords, letters, lengths, case."""

from __future__ import annotations

import re

from util.instructions.instruction_arguments import Arguments
from util.instructions.sentences import count_sentences, count_words

_CAPITAL = re.compile(r"[^\W_]+(?:[-'’.&/][^\W_]+)*")
_COMMAS = re.compile("[,\u060c\u3001\uff0c\uff64\ufe10\ufe50\ufe51\u055d\u07f8\u1363]")
"""The comma of Latin, Arabic, Chinese and Japanese, Armenian, N'Ko and Ethiopic writing, with their wide and small forms."""


def whole_word(word: str) -> re.Pattern[str]:
    """A word or phrase as it is, in any case, not inside a longer word; any space between its words."""
    inner = r"\s+".join(map(re.escape, word.split()))
    return re.compile(rf"(?<!\w){inner}(?!\w)", re.IGNORECASE)


def existence(arguments: Arguments, text: str) -> bool:
    """Each keyword is found, also inside a longer word ("story" in "stories" is not, in "storyteller" is)."""
    folded = text.lower()
    return all(keyword.lower() in folded for keyword in arguments.texts("keywords"))


def frequency(arguments: Arguments, text: str) -> bool:
    found = len(whole_word(arguments.text("keyword")).findall(text))
    return arguments.holds(found, "frequency", "relation")


def forbidden_words(arguments: Arguments, text: str) -> bool:
    return not any(whole_word(word).search(text) for word in arguments.texts("forbidden_words"))


def letter_frequency(arguments: Arguments, text: str) -> bool:
    """Any character can be the letter: some rows ask for "#" or "!"."""
    found = text.lower().count(arguments.text("letter").lower())
    return arguments.holds(found, "let_frequency", "let_relation")


def number_words(arguments: Arguments, text: str) -> bool:
    return arguments.holds(count_words(text), "num_words", "relation")


def number_sentences(arguments: Arguments, text: str) -> bool:
    return arguments.holds(count_sentences(text), "num_sentences", "relation")


def capital_word_frequency(arguments: Arguments, text: str) -> bool:
    """Words with all letters in capitals; "I", "COVID-19" and "U.S." are one each."""
    found = sum(word.isupper() for word in _CAPITAL.findall(text))
    return arguments.holds(found, "capital_frequency", "capital_relation")


def no_comma(arguments: Arguments, text: str) -> bool:
    return _COMMAS.search(text) is None


def first_word_of_paragraph(arguments: Arguments, text: str) -> bool:
    """Paragraphs are separated by empty lines; the n-th of them begins with the word."""
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    number = arguments.count("nth_paragraph")
    wanted = arguments.text("first_word").lower()
    if len(paragraphs) != arguments.count("num_paragraphs") or not 1 <= number <= len(paragraphs):
        return False
    first = paragraphs[number - 1].split()[0].lstrip("'\"“‘")
    return re.split(r"[.,?!'\"’”:;]", first, maxsplit=1)[0].lower() == wanted
