r"""Mathematics as people write it, LaTeX or plain, into a tree; the whole text or nothing.

A recursive-descent parser. It never evaluates text as code, and every loop consumes a token.
"""

from __future__ import annotations

from functools import lru_cache

from util.answers import brackets, commands, letters, quantities, rewrites, special
from util.answers.nodes import INFINITY, MINUS_INFINITY, Node, Unreadable, number
from util.answers.tokens import Token, tokenize
from util.answers.words import (
    AND,
    CONDITIONS,
    OR,
)

RELATIONS = frozenset(["=", "<", ">", "<=", ">=", "!=", "∈", "∉", "≈", "≡", "=>", "->", "⊂", "∼"])
SEPARATORS = frozenset([",", ";", "\\\\", "&"])
_OPENING = frozenset(["(", "[", "{", r"\{", "|", "‖", "⟨", "⌊", "⌈", "∅", "…"])
_CLOSING = {"(": ")", "[": "]", "⟨": "⟩", r"\{": r"\}"}
MAX_DEPTH = 60


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of a ``layout.cleaned`` text.

    Raises:
        Unreadable: says at what the parser stopped.
    """
    if (based := rewrites.number_in_base(text)) is not None:
        return based
    parser = Parser(tokenize(rewrites.rewritten(text)))
    try:
        node = parser.statement()
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    if parser.position < len(parser.tokens):
        raise Unreadable(f"{parser.tokens[parser.position][1]!r}")
    return node


class Parser:
    """State of one parse; methods from the loosest binding to the tightest."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.bars = 0
        """Open absolute values, inside which a bar closes."""
        self.norms = 0
        self.sums = 0
        self.bar_separates = False
        """Inside a set: a bar where no value can start is "such that"."""
        self.integrals = 0
        self.differential: str | None = None

    # -- tokens -------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def take(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def at(self, *values: str) -> bool:
        kind, value = self.peek()
        return kind == "o" and value in values

    def eat(self, *values: str) -> bool:
        if self.at(*values):
            self.position += 1
            return True
        return False

    def need(self, value: str) -> None:
        if not self.eat(value):
            raise Unreadable(f"{self.peek()[1] or 'the end'!r} where {value!r} was expected")

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply")

    def separator(self) -> str:
        """The word of a separator at this place ("," "and" "or"), or nothing."""
        kind, value = self.peek()
        word = value.strip().lower() if kind in ("t", "w") else value
        if kind in ("t", "w", "o") and word in AND:
            return "and"
        if kind in ("t", "w", "o") and word in OR:
            return "or"
        return "," if kind == "o" and value in SEPARATORS else ("," if kind == "t" and word in SEPARATORS else "")

    # -- statements ---------------------------------------------------------

    def statement(self) -> Node:
        """A value, a relation, or a list of them."""
        items, words = [self.clause()], set[str]()
        while word := self.separator():
            while found := self.separator():
                word = found
                self.position += 1
            kind, value = self.peek()
            if kind == "end" or (kind == "o" and value in (")", "]", "}", r"\}")):
                break
            if self.condition():
                return Node("where", (_listed(items, words), self.statement()))
            words.add(word)
            items.append(self.clause())
        return _listed(items, words)

    def condition(self) -> bool:
        """Skip a word such as "where"; whether there was one."""
        kind, value = self.peek()
        if kind in ("w", "t") and value.strip().rstrip(":").lower() in CONDITIONS:
            self.position += 1
            return True
        return False

    def clause(self) -> Node:
        """One item of a list: a relation, perhaps under a condition or behind a name."""
        self.enter()
        name = special.leading_name(self)
        node = self.relation()
        if name is not None:
            node = Node("rel", (name, "=", *node.args)) if node.op == "rel" else Node("rel", (name, "=", node))
        if self.eat("(") or self.peek() == ("c", "pmod"):
            # "(mod 7)"; other remarks in parentheses are refused
            node = special.modulus(self, node)
        if self.condition():
            node = Node("where", (node, self.statement()))
        self.depth -= 1
        return node

    def relation(self) -> Node:
        approximate = self.eat("≈")
        parts: list[Node | str] = [self.sets()]
        if approximate and not (isinstance(parts[0], Node) and parts[0].op == "num" and parts[0].args[1]):
            raise Unreadable("an approximate value without decimals")
        while self.peek()[0] in ("o", "w") and (self.peek()[1] in RELATIONS or self.peek() == ("w", "in")):
            operator = self.take()[1]
            operator = "∈" if operator == "in" else operator
            right = self.sets()
            kind, value = self.peek()
            if operator == "≡" and (value in ("pmod", "mod", "bmod") and kind == "c"):
                return special.modulus(self, Node("rel", (*parts, operator, right)))
            if operator == "≡" and right.op == "fun" and right.args[0] == "mod":
                return Node("cong", (parts[0] if len(parts) == 1 else Node("rel", tuple(parts)), *right.args[1:]))
            parts += [operator, right]
        return Node("rel", tuple(parts)) if len(parts) > 1 else parts[0]  # type: ignore[return-value]

    def sets(self) -> Node:
        node = self.additive()
        while self.at("∪", "∩", "∖") or self.peek() == ("w", "U"):
            operator = {"∪": "union", "U": "union", "∩": "inter", "∖": "minus"}[self.take()[1]]
            node = Node(operator, (node, self.additive()))
        return node

    # -- values ---------------------------------------------------------------

    def additive(self) -> Node:
        self.enter()
        before = self.differential
        first = self.take()[1] if self.at("+", "-", "±", "∓") else ""
        node = _signed(first, self.term())
        terms = [node]
        while self.at("+", "-", "±", "∓") and self.differential == before:
            sign = self.take()[1]
            term = self.term()
            if sign in "±∓":
                left = _sum(terms)
                terms = [Node("pm" if sign == "±" else "mp", (left, term))]
            else:
                terms.append(_signed(sign, term))
        self.depth -= 1
        return _sum(terms)

    def term(self) -> Node:
        factors, node = [self.factor()], None
        while True:
            if self.eat("*"):
                factors.append(self.signed_factor())
            elif self.eat("/"):
                node = _product(factors)
                factors = [Node("div", (node, self.signed_factor()))]
            elif self.at(":") and self.starts(1) and not self.bar_separates:
                self.position += 1
                factors = [special.ratio(_product(factors), self.signed_factor())]
            elif self.peek() in (("c", "bmod"), ("c", "mod"), ("w", "mod")):
                self.position += 1
                factors = [Node("fun", ("mod", _product(factors), self.signed_factor()))]
            elif (scale := quantities.scale_ahead(self)) is not None:
                factors.append(scale)
            elif unit := quantities.unit_ahead(self, factors[-1]):
                return (
                    Node("unit", (_product(factors), unit))
                    if len(factors) > 1
                    else quantities.compound(self, factors[0], unit)
                )
            elif self.starts():
                mixed = special.mixed_number(self, factors[-1])
                if mixed is not None:
                    factors[-1] = mixed
                else:
                    factors.append(self.factor())
            else:
                return _product(factors)

    def signed_factor(self) -> Node:
        self.enter()
        sign = self.take()[1] if self.at("+", "-", "±") else ""
        node = self.signed_factor() if sign else self.factor()
        self.depth -= 1
        return _signed(sign, node)

    def starts(self, ahead: int = 0) -> bool:
        """Whether a factor can start at this place."""
        kind, value = self.peek(ahead)
        if kind == "o":
            if value == "(" and special.condition_in_parentheses(self, ahead):
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

    def factor(self) -> Node:
        self.enter()
        node = special.postfixes(self, self.atom())
        self.depth -= 1
        return node

    def atom(self) -> Node:
        kind, value = self.take()
        if kind == "n":
            return number(*letters.read_number(value))
        if kind == "w":
            return letters.word(self, value)
        if kind == "t":
            return special.text(self, value)
        if kind == "c":
            return commands.command(self, value)
        if kind == "begin":
            return brackets.environment(self, value)
        if kind == "o" and value in ("|", "‖", "⌊", "⌈"):
            return brackets.bars(self, value)
        if kind == "o" and value == r"\{":
            return brackets.braces(self)
        if kind == "o" and value in ("(", "[", "⟨", "]"):
            return self.bracketed(value)
        if kind == "o" and value == "{":
            return brackets.group(self)
        if kind == "o" and value in ("∅", "…"):
            return Node("set", ((),)) if value == "∅" else Node("dots")
        raise Unreadable(f"{value or 'the end'!r}")

    def bracketed(self, left: str) -> Node:
        """A value in parentheses, a tuple, or an interval."""
        saved, self.bars = self.bars, 0
        separates, self.bar_separates = self.bar_separates, False
        content = self.statement()
        self.bars, self.bar_separates = saved, separates
        kind, right = self.take()
        if kind != "o" or right not in (")", "]", "⟩", "["):
            raise Unreadable(f"{left!r} is never closed")
        if content.op == "list" and content.args[0] == "":
            return Node("group", (left, right, content.args[1]))
        if _CLOSING.get(left) != right or content.op == "where":
            raise Unreadable("brackets that do not match")
        return content if content.op != "list" else Node("group", (left, right, content.args[1]))


def _listed(items: list[Node], words: set[str]) -> Node:
    if len(items) == 1:
        return items[0]
    return Node("list", ("or" if "or" in words else "and" if "and" in words else "", tuple(items)))


def _signed(sign: str, node: Node) -> Node:
    if sign == "-":
        if node == INFINITY:
            return MINUS_INFINITY
        if node.op == "num":
            return number(-node.args[0], node.args[1])
        return Node("neg", (node,))
    if sign in ("±", "∓"):
        return Node("pm" if sign == "±" else "mp", (None, node))
    return node


def _sum(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node("add", tuple(terms))


def _product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Node("mul", tuple(factors))
