r"""LaTeX and plain-text mathematics as tokens.

A token is (kind, value): "n" a number, "w" a letter or a word, "c" a command such as ``frac``, "t" the words of a text
command, "o" an operator, bracket or separator, "begin" and "end" an environment. Runs of letters that are products are
one token for each letter, and an argument of ``\frac`` without braces is one digit, so that the grammar never divides a
token.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from util.answers.syntax import vocabulary
from util.answers.syntax.nodes import Unreadable
from util.answers.syntax.units import BARE


class Token(NamedTuple):
    kind: str
    value: str


END = Token("end", "")
MAX_TOKENS = 1_200
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"(?P<n>[1-9]\d{0,2}(?:(?:,|, ?\\!|\\!)\d{3})+(?!\d)(?:\.\d+)?|[1-9]\d{0,2}(?: \d{3})+(?![\d.,/])"
    r"|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4}(?![\w.^]))?|\.\d+)"
    r"|\\(?P<c>[a-zA-Z]+)\*?|\\(?P<e>[^a-zA-Z])|(?P<w>[a-zA-Z]+(?:-(?:one|two|three|four|five|six|seven|eight|nine))?)"
    r"|(?P<f>(?<=\d)!(?==\s?-?\d))|(?P<o>\.\.\.+|<=|>=|=<|=>|!=|<>|==|->|\*\*|:=|'+|[^\s\w])|(?P<space>\s+|_)",
    re.ASCII,
)
_DIGIT, _DIGITS = re.compile(r"\s*(\d)", re.ASCII), re.compile(r"\s*(\d+)", re.ASCII)
_NUMBER_FIRST = re.compile(r"\s*(-?\d[\d,]*(?:\.\d+)?)\s+([A-Za-z][A-Za-z .]*)")
_OPEN, _CLOSE = frozenset(["(", "[", "{", r"\{", "⟨", "⌊", "⌈"]), frozenset([")", "]", "}", r"\}", "⟩", "⌋", "⌉"])
_PREFIXES = ("arcsin", "arccos", "arctan", "sqrt", "sin", "cos", "tan", "cot", "log", "exp", "pi", "ln")
_GLUE = frozenset("-+*/^({=")


def tokenize(text: str) -> list[Token]:
    """Tokens of a ``layout.cleaned`` text.

    Raises:
        Unreadable: a character without a meaning, too many tokens, or brackets nested too deeply.
    """
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = self.depth = 0
        self.tokens: list[Token] = []
        self.environments: list[str] = []
        self.arguments: list[tuple[int, int]] = []
        r"""(depth, how many) of the arguments that open commands such as ``\frac`` still take."""

    def run(self) -> list[Token]:
        while self.position < len(self.text):
            if not self._single_digit():
                self._next()
            if len(self.tokens) > MAX_TOKENS:
                raise Unreadable("too long an expression")
        return self.tokens

    def _single_digit(self) -> bool:
        r"""One digit as an argument of ``\frac``, or the digits of a subscript; whether there was one."""
        if self.arguments and self.arguments[-1][0] == self.depth:
            match = _DIGIT.match(self.text, self.position)
        elif self.tokens and self.tokens[-1] == ("o", "_"):
            of_log = len(self.tokens) > 1 and self.tokens[-2].value in ("log", "lg")
            match = (_DIGIT if of_log else _DIGITS).match(self.text, self.position)
        else:
            return False
        if match is not None:
            self.position = match.end()
            self._add("n", match[1])
        return match is not None

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            raise Unreadable(f"the character {self.text[self.position]!r}")
        start, self.position = self.position, match.end()
        kind, value = match.lastgroup, match[0]
        if kind == "space":
            if value == "_":
                self.tokens.append(Token("o", "_"))
        elif kind == "c":
            self._command(match["c"])
        elif kind == "e":
            if match["e"] not in vocabulary.ESCAPED:
                raise Unreadable(f"the command \\{match['e']}")
            self._add("o", vocabulary.ESCAPED[match["e"]])
        elif kind == "w":
            self._letters(value, start)
        elif kind == "n":
            self._add("n", value)
        elif value != "&" or not self.environments or self.environments[-1] not in vocabulary.ALIGNED:
            self._add("o", "…" if value.startswith("...") else vocabulary.SPELLINGS.get(value, value))

    def _add(self, kind: str, value: str) -> None:
        """Append a token, and count the brackets and the arguments of open commands."""
        self.tokens.append(Token(kind, value))
        if kind == "o" and value in _OPEN:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise Unreadable("brackets nested too deeply")
            return
        if kind == "o" and value in _CLOSE:
            self.depth -= 1
        if self.arguments and self.arguments[-1][0] == self.depth:
            depth, count = self.arguments.pop()
            if count > 1:
                self.arguments.append((depth, count - 1))

    def _command(self, name: str) -> None:
        if name in vocabulary.TEXT_COMMANDS:
            content, self.position = _argument(self.text, self.position)
            self._text(name, " ".join(content.split()))
        elif name in ("begin", "end"):
            content, self.position = _argument(self.text, self.position)
            self.tokens.append(Token(name, content := content.strip().rstrip("*")))
            if name == "begin":
                self.environments.append(content)
            elif self.environments:
                self.environments.pop()
        elif name in vocabulary.OPERATORS:
            self._add("o", vocabulary.OPERATORS[name])
        else:
            self._open(name)

    def _open(self, name: str) -> None:
        """Append a command, and count the arguments that it takes."""
        self._add("c", name)
        if name in ("frac", "binom"):
            self.arguments.append((self.depth, 2))

    def _text(self, command: str, content: str) -> None:
        found = _NUMBER_FIRST.fullmatch(content) if command in ("text", "mbox", "textbf", "mathrm") else None
        if found is not None:  # "6 feet" inside one text command
            self.tokens += tokenize(found[1])
            self._add("t", found[2].strip())
        elif command in vocabulary.LETTER_STYLES and len(content) == 1:
            self._add(*(("c", f"set{content}") if command == "mathbb" else ("w", content)))
        elif len(content) == 1 and content.isalpha() and command not in ("text", "mbox", "mathrm", "textrm", "hbox"):
            # A bold i, j or k is a unit vector; other bold letters are the letters.
            vector = content in "ijk" and command in ("mathbf", "boldsymbol", "bm")
            self._add(*(("c", f"vector{content}") if vector else ("w", content)))
        else:
            first, _, rest = content.partition(" ")
            scaled = rest and first.lower() in vocabulary.SCALES  # "million dollars"
            for part in (first, rest) if scaled else (content,):
                self._add("t", part)

    def _letters(self, word: str, start: int) -> None:
        """A word or name as one token, a product of letters as one token for each."""
        if word in vocabulary.DAMAGED:
            name = vocabulary.DAMAGED[word]
            return self._open(name) if name.isalpha() else self._add("o", name)
        if "-" in word and word.lower() not in vocabulary.NUMBER_WORDS:
            self.position = start + word.index("-")
            word = word.partition("-")[0]
        known = len(word) == 1 or word in vocabulary.NAMES or word.lower() in vocabulary.KEPT
        if known or (word in BARE and self._is_unit(word)):
            return self._add("w", word)
        for name in _PREFIXES:
            if word.startswith(name) and len(word) <= len(name) + 2:
                self._add("w", name)
                return self._letters(word[len(name) :], start)
        glued = len(word) == 2 and start > 0 and self.text[start - 1] in _GLUE
        differential = word[-2] == "d" and any(token == ("c", "int") for token in self.tokens)
        for part in word if glued or differential or _apart(word) else (word,):
            self._add("w", part)

    def _is_unit(self, word: str) -> bool:
        """Whether a word that may be a unit stands where one can: units of two letters are products elsewhere."""
        last, before = ([END, END, *self.tokens])[-1], ([END, END, *self.tokens])[-2]
        if len(word) > 2 or last.kind in ("n", "t") or last.value in BARE:
            return True
        if last.value in ("/", "*"):
            return before.kind == "t" or before.value in BARE
        return word in ("cm", "km", "kg") and last.value in ("}", ")", "pi")


def _apart(word: str) -> bool:
    """Whether a run of letters is a product of variables and not a word of a language."""
    if len(word) > 6 or word.lower() in vocabulary.ENGLISH or word.lower() in vocabulary.NUMBER_WORDS:
        return False
    if len(word) == 2 or word.isupper():
        return True
    return not set(word.lower()) & set("aeiou") or sorted(word) == list(word) or set(word) <= set("abcxyz")


def number_value(text: str) -> tuple[Fraction, int | None]:
    """Value and decimal places of a number token. Raises: Unreadable: the number has over 1,000 digits."""
    plain = re.sub(r"[,\s\\!]", "", text)
    mantissa, _, exponent = plain.replace("E", "e").partition("e")
    whole, point, decimals = mantissa.partition(".")
    if len(whole) > 1000 or len(decimals) > 1000:
        raise Unreadable("a number of over 1,000 digits")
    value = Fraction(int(whole + decimals or "0"), 10 ** len(decimals)) * Fraction(10) ** int(exponent or 0)
    return value, len(decimals) if point and not exponent else None


def _argument(text: str, position: int) -> tuple[str, int]:
    """The braced argument at ``position`` (or one character), and where it ends."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text):
        raise Unreadable("a command without its argument")
    if text[position] != "{":
        return text[position], position + 1
    depth = 0
    for end in range(position, len(text)):
        if text[end] == "\\":
            continue
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[position + 1 : end], end + 1
    raise Unreadable("a brace that is never closed")
