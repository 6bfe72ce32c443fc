r"""Parse mathematics, LaTeX or plain text, into a tree. The complete text must parse.

This is a recursive-descent parser. It never evaluates text as code, and every loop consumes a token.
"""

from __future__ import annotations

from functools import lru_cache

from util.answers.brackets import bars, braces, environment, group
from util.answers.clauses import leading_name, modulus
from util.answers.commands import command
from util.answers.identifiers import text_content, word
from util.answers.nodes import INFINITY, MINUS_INFINITY, Node, Unreadable, number
from util.answers.parser_state import ParserState
from util.answers.postfixes import with_postfixes
from util.answers.quantities import compound, mixed_number, ratio, scale_ahead, unit_ahead
from util.answers.rewrites import number_in_base, rewritten
from util.answers.tokens import number_value, tokenize

RELATIONS = frozenset(["=", "<", ">", "<=", ">=", "!=", "∈", "∉", "≈", "≡", "=>", "->", "⊂", "∼"])
_CLOSING = {"(": ")", "[": "]", "⟨": "⟩", r"\{": r"\}"}


@lru_cache(maxsize=4096)
def parse_answer(text: str) -> Node:
    """The tree of a ``layout.cleaned`` text.

    Raises:
        Unreadable: the message names where the parser stopped.
    """
    if (based := number_in_base(text)) is not None:
        return based
    parser = Grammar(tokenize(rewritten(text)))
    try:
        node = parser.statement()
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    if parser.position < len(parser.tokens):
        raise Unreadable(f"{parser.tokens[parser.position][1]!r}")
    return node


class Grammar(ParserState):
    """The levels of the grammar, from the loosest binding to the tightest."""

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

    def clause(self) -> Node:
        """One item of a list: a relation, optionally with a name before it or a condition after it."""
        self.enter()
        name = leading_name(self)
        node = self.relation()
        if name is not None:
            node = Node("rel", (name, "=", *node.args)) if node.op == "rel" else Node("rel", (name, "=", node))
        if self.eat("(") or self.peek() == ("c", "pmod"):
            # "(mod 7)" or a condition; other remarks in parentheses are rejected
            node = modulus(self, node)
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
                return modulus(self, Node("rel", (*parts, operator, right)))
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
                factors = [ratio(_product(factors), self.signed_factor())]
            elif self.peek() in (("c", "bmod"), ("c", "mod"), ("w", "mod")):
                self.position += 1
                factors = [Node("fun", ("mod", _product(factors), self.signed_factor()))]
            elif (scale := scale_ahead(self)) is not None:
                factors.append(scale)
            elif unit := unit_ahead(self, factors[-1]):
                return Node("unit", (_product(factors), unit)) if len(factors) > 1 else compound(self, factors[0], unit)
            elif self.starts():
                mixed = mixed_number(self, factors[-1])
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

    def factor(self) -> Node:
        self.enter()
        node = with_postfixes(self, self.atom())
        self.depth -= 1
        return node

    def atom(self) -> Node:
        kind, value = self.take()
        if kind == "n":
            return number(*number_value(value))
        if kind == "w":
            return word(self, value)
        if kind == "t":
            return text_content(self, value)
        if kind == "c":
            return command(self, value)
        if kind == "begin":
            return environment(self, value)
        if kind == "o" and value in ("|", "‖", "⌊", "⌈"):
            return bars(self, value)
        if kind == "o" and value == r"\{":
            return braces(self)
        if kind == "o" and value in ("(", "[", "⟨", "]"):
            return self.bracketed(value)
        if kind == "o" and value == "{":
            return group(self)
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
