"""Numbers and runs of letters: what they stand for."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from util.answers import special
from util.answers.nodes import IMAGINARY, INFINITY, ONE, Node, Unreadable, number
from util.answers.units import BARE
from util.answers.words import ENGLISH, FUNCTIONS, GREEK, INFINITE, NUMBER_WORDS, SYNONYMS

if TYPE_CHECKING:
    from util.answers.parse import Parser

_APPLIED = frozenset("fgFGPQ")
"""Letters that are functions where parentheses follow."""


def read_number(text: str) -> tuple[Fraction, int | None]:
    """Value and decimal places of a number token."""
    plain = re.sub(r"[,\s\\!]", "", text)
    mantissa, _, exponent = plain.replace("E", "e").partition("e")
    whole, point, decimals = mantissa.partition(".")
    if len(whole) > 1000 or len(decimals) > 1000:
        raise Unreadable("a number of over 1,000 digits")
    value = Fraction(int(whole + decimals or "0"), 10 ** len(decimals)) * Fraction(10) ** int(exponent or 0)
    return value, len(decimals) if point and not exponent else None


def word(parser: Parser, value: str) -> Node:
    """A run of letters: a name that is known, else a product of one-letter symbols."""
    value = SYNONYMS.get(value, value)
    if value in FUNCTIONS:
        return special.function(parser, value)
    if value in INFINITE:
        return INFINITY
    if value == "pi":
        return Node("const", ("pi",))
    if value in GREEK:
        return Node("sym", (value,))
    if len(value) == 1:
        return letter(parser, value)
    if value.lower() in NUMBER_WORDS and parser.position == 1 and len(parser.tokens) == 1:
        return number(NUMBER_WORDS[value.lower()])
    for name in ("arcsin", "arccos", "arctan", "sqrt", "sin", "cos", "tan", "cot", "log", "exp", "pi", "ln"):
        if value.startswith(name) and len(value) <= len(name) + 2:
            parser.tokens[parser.position : parser.position] = [("w", value[len(name) :])]
            return word(parser, name)
    if parser.integrals and value[-2] == "d":
        letters = [*value[:-2], value[-2:]]
        if len(letters) == 1:
            parser.differential = value[-1]
            return ONE
    elif not _letters_apart(value):
        raise Unreadable(f"the word {value!r}")
    else:
        letters = list(value)
    parser.tokens[parser.position : parser.position] = [("w", letter) for letter in letters[1:]]
    return letter(parser, letters[0])


def letter(parser: Parser, value: str) -> Node:
    if value == "e":
        return Node("const", ("e",))
    if value == "i":
        return IMAGINARY
    if value == "d" and parser.integrals and parser.peek()[0] in ("w", "c"):
        parser.differential = parser.take()[1]
        return ONE
    if (value in _APPLIED or special.defines(parser)) and (mark := special.application(parser)) is not None:
        inside = parser.bracketed("(")
        arguments = inside.args[2] if inside.op == "group" else (inside,)
        return Node("fun", (f"apply {value}{mark}", *arguments))
    return Node("sym", (value,))


def _letters_apart(word: str) -> bool:
    """Whether a run of letters is a product of variables and no word of a language."""
    if len(word) > 6 or word.lower() in ENGLISH or (word in BARE and len(word) > 2):
        return False
    if len(word) == 2 or word.isupper():
        return True
    return not set(word.lower()) & set("aeiou") or sorted(word) == list(word) or set(word) <= set("abcxyz")
