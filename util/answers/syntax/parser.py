"""The reader of tokens that the grammar and its special forms share, and what it must know of the place that is read.

``Parser`` declares what the forms may call; grammar.py defines it, so that the forms do not import the grammar.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from util.answers.syntax.lexer import END, Token
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.vocabulary import AND, CONDITIONS, OR


@dataclass(frozen=True, slots=True)
class Surroundings:
    """bar_closes: inside |...|. bar_separates: inside {...}, where a bar or colon means "such that".

    norm_closes: inside ‖...‖. integral: behind an integral sign, where "dx" is a differential. sums: open sums and
    products, which number their variables.
    """

    bar_closes: bool = False
    bar_separates: bool = False
    norm_closes: bool = False
    integral: bool = False
    sums: int = 0

    def bracketed(self, *, bar: bool = False, builder: bool = False, norm: bool = False) -> Surroundings:
        """The scope inside brackets: bars of the outside mean nothing there."""
        if not (self.bar_closes or self.bar_separates or self.norm_closes or bar or builder or norm):
            return self
        return replace(self, bar_closes=bar, bar_separates=builder, norm_closes=norm)


OUTSIDE = Surroundings()


RELATION, SETS, SUM, PRODUCT, POSTFIX = 10, 20, 30, 40, 70
"""Binding powers: an operator takes operands of a greater power without brackets."""

SEPARATORS = frozenset([",", ";", "\\\\", "&"])
MAX_DEPTH = 60
_OPENING = frozenset(["(", "[", "{", r"\{", "|", "‖", "⟨", "⌊", "⌈", "∅", "…"])
_AFTER_INTERVAL = frozenset([",", ";", "∪", "∩", "∖", ")", "}", r"\}", "]", "="])
_CONDITION = frozenset(["∈", "<", ">", "<=", ">=", "!="])


class Parser(ABC):
    """Tokens and the place in them. Each method that reads says what it reads from that place on."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    # -- the grammar -------------------------------------------------------------------------------------------------

    @abstractmethod
    def statement(self, scope: Surroundings) -> Node:
        """A value, a relation, or a list of them."""

    @abstractmethod
    def clause(self, scope: Surroundings) -> Node:
        """One item of a list: a relation, optionally with a name before it or a condition after it."""

    @abstractmethod
    def expression(self, power: int, scope: Surroundings) -> Node:
        """An operand and all operators behind it that bind at least with this power."""

    @abstractmethod
    def atom(self, scope: Surroundings) -> Node:
        """A number, name, command or bracketed value, without what follows it."""

    # -- tokens ------------------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        """The token ``ahead`` places after the current one, without consuming it; END after the last."""
        place = self.position + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else END

    def take(self) -> Token:
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
            raise Unreadable(f"{self.peek().value or 'the end'!r} where {value!r} was expected")

    def enter(self) -> None:
        """Count one level of nesting; the caller decreases ``depth`` when it is done."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply")

    def separator(self) -> str:
        """The separator at this place ("," "and" "or"), or ""."""
        kind, value = self.peek()
        if kind not in ("t", "w", "o"):
            return ""
        word = value.strip().lower() if kind != "o" else value
        if word in AND and (kind, value) != ("o", "&"):
            return "and"
        if word in OR:
            return "or"
        return "," if kind != "w" and word in SEPARATORS else ""

    def condition(self) -> bool:
        """Skip a word such as "where"; False if there is none."""
        kind, value = self.peek()
        if kind in ("w", "t") and value.strip().rstrip(":").lower() in CONDITIONS:
            self.position += 1
            return True
        return False

    def starts(self, scope: Surroundings, ahead: int = 0) -> bool:
        """Whether an operand can start at this place."""
        kind, value = self.peek(ahead)
        if kind == "o":
            if value == "(" and self._condition_in_parentheses(ahead):
                return False
            if value == "‖":
                return not scope.norm_closes
            if value == "|":
                return not scope.bar_closes and not scope.bar_separates
            if value == "[":  # in "]1, 2[" it ends the interval
                kind, value = self.peek(ahead + 1)
                return not (kind == "end" or (kind == "o" and value in _AFTER_INTERVAL))
            return value in _OPENING
        if kind in ("n", "begin"):
            return True
        if kind == "w":
            return value.lower() not in CONDITIONS and value not in ("and", "or", "in", "mod", "U", "choose")
        if kind == "t":
            word = value.strip().lower()
            return word not in AND and word not in OR and word not in SEPARATORS and word not in CONDITIONS
        return kind == "c" and value not in ("pmod", "mod", "bmod", "choose", "over", "qedsymbol", "blacksquare")

    def _condition_in_parentheses(self, ahead: int) -> bool:
        r"""Whether the parenthesis at this place holds a relation, as in "(k \in \mathbb{Z})"."""
        depth = 0
        for place in range(ahead, ahead + 40):
            token = self.peek(place)
            if token == END:
                return False
            depth += (token.value == "(") - (token.value == ")")
            if depth == 0:
                return False
            if token.kind == "o" and depth == 1 and token.value in _CONDITION:
                return True
        return False
