"""Runs of letters and words in text commands: functions, constants, variables, products of variables."""

from __future__ import annotations

import re

from util.answers.applications import application, apply_function, defines
from util.answers.nodes import IMAGINARY, INFINITY, ONE, Node, Unreadable, number
from util.answers.parser_state import ParserState
from util.answers.tokens import number_value
from util.answers.units import BARE
from util.answers.words import ENGLISH, FUNCTIONS, GREEK, INFINITE, NUMBER_WORDS, SYNONYMS

_APPLIED = frozenset("fgFGPQ")
"""Letters that name functions if parentheses follow."""

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def word(parser: ParserState, value: str) -> Node:
    """A run of letters: a known name, else a product of one-letter symbols."""
    value = SYNONYMS.get(value, value)
    if value in FUNCTIONS:
        return apply_function(parser, value)
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


def letter(parser: ParserState, value: str) -> Node:
    """A single letter: a constant, a differential, a function with its arguments, or a variable."""
    if value == "e":
        return Node("const", ("e",))
    if value == "i":
        return IMAGINARY
    if value == "d" and parser.integrals and parser.peek()[0] in ("w", "c"):
        parser.differential = parser.take()[1]
        return ONE
    if (value in _APPLIED or defines(parser)) and (mark := application(parser)) is not None:
        inside = parser.bracketed("(")
        arguments = inside.args[2] if inside.op == "group" else (inside,)
        return Node("fun", (f"apply {value}{mark}", *arguments))
    return Node("sym", (value,))


def text_content(parser: ParserState, words: str) -> Node:
    r"""The content of a ``\text{}`` where a value is expected."""
    content = words.strip()
    name = SYNONYMS.get(content, content)
    if name in FUNCTIONS:
        return apply_function(parser, name)
    if _PLAIN_NUMBER.fullmatch(content):
        return (
            number(*number_value(content.lstrip("+")))
            if content[0] != "-"
            else Node("neg", (number(*number_value(content[1:])),))
        )
    if content.lower() in NUMBER_WORDS:
        return number(NUMBER_WORDS[content.lower()])
    if content in ("e", "i", "d", "\u03c0"):
        return letter(parser, content)
    if len(content) == 1 and content.isalpha():
        return Node("sym", (content,))
    if content.lower() in ("infinity", "positive infinity"):
        return INFINITY
    if not content:
        return parser.factor()
    return Node("text", (" ".join(content.lower().split()),))


def _letters_apart(word: str) -> bool:
    """Whether a run of letters is a product of variables and not a word of a language."""
    if len(word) > 6 or word.lower() in ENGLISH or (word in BARE and len(word) > 2):
        return False
    if len(word) == 2 or word.isupper():
        return True
    return not set(word.lower()) & set("aeiou") or sorted(word) == list(word) or set(word) <= set("abcxyz")
