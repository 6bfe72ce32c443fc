"""The state of one parse: the tokens, the position, and the open constructs.

The functions for brackets, commands, units etc. take a ``ParserState``. The levels of the grammar are
abstract here and defined in grammar.py, so the modules of those functions do not import the grammar.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from util.answers.nodes import Node, Unreadable
from util.answers.tokens import Token
from util.answers.words import AND, CONDITIONS, OR

SEPARATORS = frozenset([",", ";", "\\\\", "&"])
MAX_DEPTH = 60
_OPENING = frozenset(["(", "[", "{", r"\{", "|", "‖", "⟨", "⌊", "⌈", "∅", "…"])


class ParserState(ABC):
    """Tokens and flags of one parse."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.bars = 0
        """Open absolute values: inside one, a bar closes it."""
        self.norms = 0
        self.sums = 0
        self.bar_separates = False
        """Inside a set: a bar where no value can start means "such that"."""
        self.integrals = 0
        self.differential: str | None = None

    # -- the grammar, from the loosest binding to the tightest ---------------

    @abstractmethod
    def statement(self) -> Node:
        """A value, a relation, or a list of them."""

    @abstractmethod
    def clause(self) -> Node:
        """One item of a list: a relation, optionally with a name before it or a condition after it."""

    @abstractmethod
    def additive(self) -> Node:
        """A sum or difference of terms."""

    @abstractmethod
    def term(self) -> Node:
        """A product or quotient of factors, with its unit."""

    @abstractmethod
    def factor(self) -> Node:
        """An atom with its powers, factorials, subscripts etc."""

    @abstractmethod
    def atom(self) -> Node:
        """A number, name, command or bracketed value."""

    @abstractmethod
    def bracketed(self, left: str) -> Node:
        """A value in parentheses, a tuple, or an interval; its opening bracket ``left`` has been read."""

    # -- tokens ---------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        """The token ``ahead`` places after the current one, without consuming it; ("end", "") after the last."""
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def take(self) -> Token:
        """Consume the current token."""
        token = self.peek()
        self.position += 1
        return token

    def at(self, *values: str) -> bool:
        """Whether the current token is one of these operators or brackets."""
        kind, value = self.peek()
        return kind == "o" and value in values

    def eat(self, *values: str) -> bool:
        """Consume the current token if it is one of these operators or brackets; whether it was."""
        if self.at(*values):
            self.position += 1
            return True
        return False

    def need(self, value: str) -> None:
        """Consume this operator or bracket. Raises Unreadable if another token is here."""
        if not self.eat(value):
            raise Unreadable(f"{self.peek()[1] or 'the end'!r} where {value!r} was expected")

    def enter(self) -> None:
        """Count one level of nesting; the caller decreases ``depth`` when it is done."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply")

    def separator(self) -> str:
        """The separator at this position ("," "and" "or"), or ""."""
        kind, value = self.peek()
        word = value.strip().lower() if kind in ("t", "w") else value
        if kind in ("t", "w", "o") and word in AND:
            return "and"
        if kind in ("t", "w", "o") and word in OR:
            return "or"
        return "," if kind == "o" and value in SEPARATORS else ("," if kind == "t" and word in SEPARATORS else "")

    def condition(self) -> bool:
        """Skip a word such as "where"; False if there is none."""
        kind, value = self.peek()
        if kind in ("w", "t") and value.strip().rstrip(":").lower() in CONDITIONS:
            self.position += 1
            return True
        return False

    def starts(self, ahead: int = 0) -> bool:
        """Whether a factor can start at this position."""
        kind, value = self.peek(ahead)
        if kind == "o":
            if value == "(" and self._condition_in_parentheses(ahead):
                return False
            if value == "‖":
                return not self.norms
            if value == "|":
                return not self.bars and not self.bar_separates
            return value in _OPENING
        if kind in ("n", "begin"):
            return True
        if kind == "w":
            return value.lower() not in CONDITIONS and value not in ("and", "or", "in", "mod", "U")
        if kind == "t":
            return not self.separator() and value.strip().lower() not in CONDITIONS
        return kind == "c" and value not in ("pmod", "mod", "bmod", "choose", "over", "qedsymbol", "blacksquare")

    def _condition_in_parentheses(self, ahead: int) -> bool:
        """Whether the parenthesis at this position holds a relation, as in "(k \\in \\mathbb{Z})"."""
        depth, place = 0, ahead
        while place < ahead + 40:
            kind, value = self.peek(place)
            if kind == "end" and not value:
                return False
            depth += (value == "(") - (value == ")")
            if depth == 0:
                return False
            if kind == "o" and depth == 1 and value in ("∈", "<", ">", "<=", ">=", "!="):
                return True
            place += 1
        return False
