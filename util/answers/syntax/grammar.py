r"""Parse mathematics, LaTeX or plain text, into a tree. The complete text must parse.

The grammar is a table of operators with binding powers (Pratt 1973), and the special forms beside it: commands,
brackets, words, quantities. It never evaluates text as code, and every loop consumes a token.

| power | operators |
| --- | --- |
| 10 | = < > <= >= != ∈ ∉ ≈ ≡ => -> ⊂ ∼ |
| 20 | ∪ ∩ ∖ |
| 30 | + - ± ∓ |
| 40 | * / : mod, two operands side by side, units, words such as "million" |
| 70 | ^ ! % ° ' and subscripts |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from util.answers.syntax.brackets import bars, braces, bracketed, environment, group, leading_name, remark
from util.answers.syntax.commands import command
from util.answers.syntax.lexer import Token, number_value, tokenize
from util.answers.syntax.nodes import (
    Add,
    Call,
    Congruence,
    Differential,
    Div,
    Dots,
    Listing,
    Mul,
    Node,
    Num,
    PlusMinus,
    Relation,
    SetOf,
    SetOperation,
    Unreadable,
    Where,
)
from util.answers.syntax.operands import text_content, word
from util.answers.syntax.parser import OUTSIDE, POSTFIX, PRODUCT, RELATION, SETS, SUM, Parser, Surroundings
from util.answers.syntax.rewrites import number_in_base, rewritten
from util.answers.syntax.suffixes import POSTFIXES, mixed_number, quantity, ratio, scale_ahead, unit_ahead
from util.answers.syntax.tree import has, negated, normalised, number, total

_SETS = ("(", "[", r"\{", "∅")
Build = Callable[["Grammar", Node, str, Surroundings], Node]
"""Reads an operator's right side and gives the node; its arguments: parser, left side, operator, scope."""


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
        node = parser.statement(OUTSIDE)
        if parser.position < len(parser.tokens):
            raise Unreadable(f"{parser.peek().value!r}")
        return normalised(node)
    except RecursionError:
        raise Unreadable("nested too deeply") from None


class Grammar(Parser):
    """Lists and clauses, and the loop over the table of operators."""

    def statement(self, scope: Surroundings) -> Node:
        items, words = [self.clause(scope)], set[str]()
        while word := self.separator():
            while found := self.separator():
                word = found if found != "," or word == "," else word
                self.position += 1
            kind, value = self.peek()
            if kind == "end" or (kind == "o" and value in (")", "]", "}", r"\}")):
                break
            if self.condition():
                return Where(_listed(items, words), self.statement(scope))
            words.add(word)
            items.append(self.clause(scope))
        return _listed(items, words)

    def clause(self, scope: Surroundings) -> Node:
        self.enter()
        name = leading_name(self)
        node = self._approximate(scope) if self.at("≈") else self.expression(RELATION, scope)
        if name is not None:
            sides, operators = (node.sides, node.operators) if isinstance(node, Relation) else ((node,), ())
            node = Relation((name, *sides), ("=", *operators))
        if self.eat("(") or self.peek() == ("c", "pmod"):
            node = remark(self, node, scope)
        if self.condition():
            node = Where(node, self.statement(scope))
        self.depth -= 1
        return node

    def _approximate(self, scope: Surroundings) -> Node:
        """The decimal after "≈"; the sign says what its decimals say already."""
        self.need("≈")
        node = self.expression(RELATION, scope)
        if not (isinstance(node, Num) and node.places):
            raise Unreadable("an approximate value without decimals")
        return node

    def expression(self, power: int, scope: Surroundings) -> Node:
        self.enter()
        node = self._operand(scope)
        while True:
            token = self.peek()
            found = _OPERATORS.get(token.value) if token.kind == "o" else self._word_operator(token)
            if found is None:
                found = self._silent(node, scope) if power <= PRODUCT else None
            elif self._ends(token, node, scope):
                found = None
            if found is None or found[0] < power:
                break
            if found[1] is not _beside:
                self.position += 1
            node = found[1](self, node, token.value, scope)
        self.depth -= 1
        return node

    def _operand(self, scope: Surroundings) -> Node:
        if self.at("+", "-", "±", "∓"):
            sign = self.take().value
            return _signed(sign, self.expression(PRODUCT, scope))
        return self.atom(scope)

    def factor(self, scope: Surroundings) -> Node:
        """An operand with its own sign, as after a multiplication sign."""
        self.enter()
        sign = self.take().value if self.at("+", "-", "±") else ""
        node = _signed(sign, self.factor(scope)) if sign else self.expression(POSTFIX, scope)
        self.depth -= 1
        return node

    def _word_operator(self, token: Token) -> tuple[int, Build] | None:
        inches = token == ("w", "in") and self.peek(1).kind in ("end", "o", "t") and self.peek(1).value not in _SETS
        return None if inches else _WORD_OPERATORS.get(token)

    def _ends(self, token: Token, node: Node, scope: Surroundings) -> bool:
        """Whether an operator belongs to the outside: a sum behind the differential, the colon of a set."""
        if token.value in ("+", "-", "±", "∓"):
            return scope.integral and has(node, Differential)
        return token.value == ":" and (scope.bar_separates or not self.starts(scope, 1))

    def _silent(self, node: Node, scope: Surroundings) -> tuple[int, Build] | None:
        """What stands beside an operand without an operator: a scale, a unit, a factor."""
        if scale_ahead(self) is not None or unit_ahead(self, node) or self.starts(scope):
            return PRODUCT, _beside
        return None

    def atom(self, scope: Surroundings) -> Node:
        kind, value = self.take()
        if kind == "n":
            return number(*number_value(value))
        if kind == "w":
            return word(self, value, scope)
        if kind == "t":
            return text_content(self, value, scope)
        if kind == "c":
            return command(self, value, scope)
        if kind == "begin":
            return environment(self, value, scope)
        if kind == "o":
            if value in ("|", "‖", "⌊", "⌈"):
                return bars(self, value, scope)
            if value == r"\{":
                return braces(self, scope)
            if value in ("(", "[", "⟨", "]"):
                return bracketed(self, value, scope)
            if value == "{":
                return group(self, scope)
            if value in ("∅", "…"):
                return SetOf(()) if value == "∅" else Dots()
        raise Unreadable(f"{value or 'the end'!r}")


def _listed(items: list[Node], words: set[str]) -> Node:
    if len(items) == 1:
        return items[0]
    return Listing("or" if "or" in words else "and" if "and" in words else "", tuple(items))


def _signed(sign: str, node: Node) -> Node:
    if sign in ("±", "∓"):
        return PlusMinus(None, node, sign == "±")
    return negated(node) if sign == "-" else node


# -- the table -------------------------------------------------------------------------------------------------------


def _relation(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    operator = "∈" if operator == "in" else operator
    right = parser.expression(SETS, scope)
    if operator == "≡" and parser.peek().kind == "c" and parser.peek().value in ("pmod", "mod", "bmod"):
        return remark(parser, _chained(left, operator, right), scope)
    if operator == "≡" and isinstance(right, Call) and right.name == "mod":
        return Congruence(left, *right.arguments)
    return _chained(left, operator, right)


def _chained(left: Node, operator: str, right: Node) -> Relation:
    if isinstance(left, Relation):
        return Relation((*left.sides, right), (*left.operators, operator))
    return Relation((left, right), (operator,))


def _sets(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return SetOperation("∪" if operator == "U" else operator, left, parser.expression(SUM, scope))


def _sum(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    right = parser.expression(PRODUCT, scope)
    if operator in "±∓":
        return PlusMinus(left, right, operator == "±")
    terms = list(left.terms) if isinstance(left, Add) else [left]
    return total([*terms, negated(right) if operator == "-" else right])


def _times(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return _multiplied(left, parser.factor(scope), dotted=True)


def _over(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return Div(left, parser.factor(scope))


def _ratio(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return ratio(left, parser.factor(scope))


def _modulo(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return Call("mod", (left, parser.factor(scope)))


def _beside(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    if (scale := scale_ahead(parser)) is not None:
        parser.position += 1
        return _multiplied(left, number(scale))
    if unit_ahead(parser, left):
        return quantity(parser, left)
    if (mixed := mixed_number(parser, left, scope)) is not None:
        return mixed
    return _multiplied(left, parser.expression(POSTFIX, scope))


def _multiplied(left: Node, right: Node, *, dotted: bool = False) -> Mul:
    if isinstance(left, Mul):
        return Mul((*left.factors, right), left.dotted or dotted)
    return Mul((left, right), dotted)


_OPERATORS: dict[str, tuple[int, Build]] = {
    **dict.fromkeys(["=", "<", ">", "<=", ">=", "!=", "∈", "∉", "≈", "≡", "=>", "->", "⊂", "∼"], (RELATION, _relation)),
    **dict.fromkeys(["∪", "∩", "∖"], (SETS, _sets)),
    **dict.fromkeys(["+", "-", "±", "∓"], (SUM, _sum)),
    "*": (PRODUCT, _times),
    "/": (PRODUCT, _over),
    ":": (PRODUCT, _ratio),
    **{operator: (POSTFIX, build) for operator, build in POSTFIXES.items()},
}
_WORD_OPERATORS: dict[Token, tuple[int, Build]] = {
    Token("w", "in"): (RELATION, _relation),
    Token("w", "U"): (SETS, _sets),
    **dict.fromkeys([Token("c", "bmod"), Token("c", "mod"), Token("w", "mod")], (PRODUCT, _modulo)),
}
