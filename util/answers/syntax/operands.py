"""Operands: arguments of commands, functions with their arguments, letters, words and text commands."""

from __future__ import annotations

import re

from util.answers.syntax.brackets import bracketed, group
from util.answers.syntax.lexer import END, number_value
from util.answers.syntax.nodes import Apply, Call, Differential, Div, Group, Node, Pow, Sym, Unreadable, Words
from util.answers.syntax.parser import POSTFIX, SUM, Parser, Surroundings
from util.answers.syntax.tree import IMAGINARY, INFINITY, PI, E, negated, number, product
from util.answers.syntax.vocabulary import FUNCTIONS, GREEK, INFINITE, NAMES_ONLY, NUMBER_WORDS, SYNONYMS


def argument(parser: Parser, scope: Surroundings) -> Node:
    """A braced argument, or the single token that LaTeX takes without braces."""
    return group(parser, "{", scope) if parser.eat("{") else parser.atom(scope)


def exponent(parser: Parser, scope: Surroundings) -> Node:
    """The text after "^": a group, or a number, letter or command with its sign."""
    parser.enter()
    minus = False
    while parser.at("+", "-"):
        minus ^= parser.take().value == "-"
    node = parser.atom(scope)
    node = Pow(node, exponent(parser, scope)) if parser.eat("^") else node
    parser.depth -= 1
    return negated(node) if minus else node


def flat_argument(parser: Parser) -> str:
    """The subscript after "_" of a symbol, as plain text."""
    token = parser.take()
    if token != ("o", "{"):
        return token.value
    parts: list[str] = []
    depth = 1
    while depth:
        token = parser.take()
        if token == END:
            raise Unreadable("a subscript that is never closed")
        if token.kind == "o" and token.value in ("{", "}"):
            depth += 1 if token.value == "{" else -1
        else:
            parts.append(token.value)
    return "".join(parts)


def root(parser: Parser, scope: Surroundings) -> Node:
    r"""``\sqrt[n]{x}``, ``\sqrt 2``, ``sqrt(2)``; its name has been read."""
    index: Node | None = None
    if parser.eat("["):
        index = parser.expression(SUM, scope)
        parser.need("]")
    inside = argument(parser, scope) if not parser.at("(") else parser.atom(scope)
    if index is None or index == number(2):
        return Call("sqrt", (inside,))
    return Call("root", (inside, index))


_APPLIED = frozenset("fgFGPQ")
"""Letters that name functions if parentheses follow."""
_MARKS = {("(",): "", ("'", "("): "'", ("''", "("): "''", ("^", "{", "-", "1", "}", "("): "^-1"}


def apply_function(parser: Parser, name: str, scope: Surroundings) -> Node:
    """A function call after its name: the power or base, then the argument."""
    if name not in FUNCTIONS:
        return Apply(name, _arguments(parser, scope)) if parser.starts(scope) else Sym(name)
    if parser.at("=", ",", ")") or parser.peek() == END:
        return Sym(name)  # the name of a quantity: "max = 5"
    power: Node | None = None
    base: Node | None = None
    while parser.at("^", "_"):
        if parser.take().value == "^":
            power = exponent(parser, scope)
        else:
            base = argument(parser, scope)
    if power is not None and power == number(-1) and f"arc{name}" in FUNCTIONS:
        name, power = f"arc{name}", None
    if name == "sqrt":
        node = root(parser, scope)
    elif name == "log" and base is not None:
        node = Call("log", (*_arguments(parser, scope), base))
    else:
        node = Call(name, _arguments(parser, scope))
    return node if power is None else Pow(node, power)


def _arguments(parser: Parser, scope: Surroundings) -> tuple[Node, ...]:
    """The arguments of a function: those in parentheses, else the product that follows."""
    parser.enter()
    if parser.at("(", "["):
        found = _items(parser.atom(scope))
    elif parser.at("{", "|") or parser.peek().kind == "begin":
        found = _items(parser.expression(POSTFIX, scope))
    else:
        sign = parser.eat("-")
        factors = [parser.expression(POSTFIX, scope)]
        while parser.starts(scope) and not _ends_argument(parser, scope):
            factors.append(parser.expression(POSTFIX, scope))
        whole = product(factors)
        while parser.at("/") and parser.peek(1).kind == "n":
            parser.position += 1
            whole = Div(whole, parser.expression(POSTFIX, scope))
        found = (negated(whole) if sign else whole,)
    parser.depth -= 1
    return found


def _items(inside: Node) -> tuple[Node, ...]:
    return inside.items if isinstance(inside, Group) else (inside,)


def _ends_argument(parser: Parser, scope: Surroundings) -> bool:
    kind, value = parser.peek()
    names = value in FUNCTIONS or value in SYNONYMS or value in NAMES_ONLY
    differential = scope.integral and (kind, value) == ("w", "d")
    return kind in ("t", "begin") or names or differential or (kind == "o" and value in "([|")


def application(parser: Parser, letter: str) -> str | None:
    r"""Skip past the opening parenthesis of f(x), f'(x) or f^{-1}(x), whose letter has been read.

    Returns the mark between the letter and the parenthesis, or None (and skips nothing) if this is not an application:
    other letters are functions only of a number, as in I(0), or where they are defined, as in "A(x) =".
    """
    of_number = parser.at("(") and parser.peek(1).kind == "n" and parser.peek(2) == ("o", ")")
    if not (letter in _APPLIED or of_number or _defines(parser)):
        return None
    for tokens, mark in _MARKS.items():
        if tuple(parser.peek(i).value for i in range(len(tokens))) == tokens:
            parser.position += len(tokens)
            return mark
    return None


def _defines(parser: Parser) -> bool:
    """Whether "(x) =" or "(x, y) =" follows."""
    if not parser.at("("):
        return False
    ahead = 1
    while parser.peek(ahead).kind in ("w", "n") or parser.peek(ahead) == ("o", ","):
        ahead += 1
    return ahead > 1 and parser.peek(ahead) == ("o", ")") and parser.peek(ahead + 1) == ("o", "=")


_PLAIN_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d+)?)")


def word(parser: Parser, value: str, scope: Surroundings) -> Node:
    """A letter or a known name. Raises: Unreadable: a word of a language."""
    value = SYNONYMS.get(value, value)
    if len(value) == 1:
        return letter(parser, value, scope)
    if value in FUNCTIONS or value in NAMES_ONLY:
        return apply_function(parser, value, scope)
    if value in INFINITE or value == "pi":
        return PI if value == "pi" else INFINITY
    if value in GREEK:
        return Sym(value)
    if value.lower() in NUMBER_WORDS and len(parser.tokens) == 1:
        return number(NUMBER_WORDS[value.lower()])
    raise Unreadable(f"the word {value!r}")


def letter(parser: Parser, value: str, scope: Surroundings) -> Node:
    """A single letter: a constant, a differential, a function with its arguments, or a variable."""
    if value in ("e", "i"):
        return E if value == "e" else IMAGINARY
    if value == "d" and scope.integral and parser.peek().kind in ("w", "c"):
        return Differential(parser.take().value)
    if (mark := application(parser, value)) is not None:
        return Apply(value + mark, _items(bracketed(parser, "(", scope)))
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
    if content == "\u03c0":
        return PI
    if len(content) == 1 and content.isalpha():
        return letter(parser, content, scope) if content in "eid" or parser.at("(") else Sym(content)
    if content.lower() in ("infinity", "positive infinity"):
        return INFINITY
    if not content:
        return parser.atom(scope)
    return Words(" ".join(content.lower().split()))
