"""Letters, words and text commands as operands: functions, constants, variables, differentials, words."""

from __future__ import annotations

import re

from util.answers.syntax.applications import application, apply_function
from util.answers.syntax.brackets import bracketed
from util.answers.syntax.lexer import number_value
from util.answers.syntax.nodes import Apply, Differential, Group, Node, Sym, Unreadable, Words
from util.answers.syntax.parser import Parser
from util.answers.syntax.scope import Surroundings
from util.answers.syntax.tree import IMAGINARY, INFINITY, PI, E, negated, number
from util.answers.syntax.vocabulary import FUNCTIONS, GREEK, INFINITE, NAMES_ONLY, NUMBER_WORDS, SYNONYMS

_PLAIN_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d+)?)")


def word(parser: Parser, value: str, scope: Surroundings) -> Node:
    """A letter or a known name.

    Raises:
        Unreadable: a word of a language.
    """
    value = SYNONYMS.get(value, value)
    if len(value) == 1:
        return letter(parser, value, scope)
    if value in FUNCTIONS or value in NAMES_ONLY:
        return apply_function(parser, value, scope)
    if value in INFINITE:
        return INFINITY
    if value == "pi":
        return PI
    if value in GREEK:
        return Sym(value)
    if value.lower() in NUMBER_WORDS and len(parser.tokens) == 1:
        return number(NUMBER_WORDS[value.lower()])
    raise Unreadable(f"the word {value!r}")


def letter(parser: Parser, value: str, scope: Surroundings) -> Node:
    """A single letter: a constant, a differential, a function with its arguments, or a variable."""
    if value == "e":
        return E
    if value == "i":
        return IMAGINARY
    if value == "d" and scope.integral and parser.peek().kind in ("w", "c"):
        return Differential(parser.take().value)
    if (mark := application(parser, value)) is not None:
        inside = bracketed(parser, "(", scope)
        return Apply(value + mark, inside.items if isinstance(inside, Group) else (inside,))
    return Sym(value)


def text_content(parser: Parser, words: str, scope: Surroundings) -> Node:
    r"""The content of a ``\text{}`` where an operand is expected."""
    content = words.strip()
    name = SYNONYMS.get(content, content)
    if name in FUNCTIONS:
        return apply_function(parser, name, scope)
    if (plain := _PLAIN_NUMBER.fullmatch(content)) is not None:
        value = number(*number_value(plain[2]))
        return negated(value) if plain[1] == "-" else value
    if content.lower() in NUMBER_WORDS:
        return number(NUMBER_WORDS[content.lower()])
    if content in ("e", "i", "d"):
        return letter(parser, content, scope)
    if content == "\u03c0":
        return PI
    if len(content) == 1 and content.isalpha():
        return letter(parser, content, scope) if parser.at("(") else Sym(content)
    if content.lower() in ("infinity", "positive infinity"):
        return INFINITY
    if not content:
        return parser.atom(scope)
    return Words(" ".join(content.lower().split()))
