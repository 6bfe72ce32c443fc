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

from util.answers.syntax import nodes
from util.answers.syntax.brackets import bars, braces, bracketed, environment, group, leading_name, remark
from util.answers.syntax.commands import command
from util.answers.syntax.lexer import Token, number_value, tokenize
from util.answers.syntax.nodes import Node, Unreadable
from util.answers.syntax.operands import text_content, word
from util.answers.syntax.parser import OUTSIDE, POSTFIX, PRODUCT, RELATION, SETS, SUM, Parser, Surroundings
from util.answers.syntax.rewrites import number_in_base, rewritten
from util.answers.syntax.suffixes import POSTFIXES, mixed_number, quantity, ratio, scale_ahead, unit_of
from util.answers.syntax.tree import has, negated, normalised, number, total

_SETS = ("(", "[", r"\{", "∅")
Build = Callable[["Grammar", Node, str, Surroundings], Node]
"""Reads an operator's right side and gives the node; its arguments: parser, left side, operator, scope."""


@lru_cache(maxsize=4096)
def parse_answer(text: str) -> Node:
    """The tree of a ``layout.cleaned`` text. Raises: Unreadable: the message names where the parser stopped."""
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
                return nodes.Where(_listed(items, words), self.statement(scope))
            words.add(word)
            items.append(self.clause(scope))
        return _listed(items, words)

    def clause(self, scope: Surroundings) -> Node:
        self.enter()
        name = leading_name(self)
        node = self._approximate(scope) if self.at("≈") else self.expression(RELATION, scope)
        if name is not None:
            sides, operators = (node.sides, node.operators) if isinstance(node, nodes.Relation) else ((node,), ())
            node = nodes.Relation((name, *sides), ("=", *operators))
        if self.eat("(") or self.peek() == ("c", "pmod"):
            node = remark(self, node, scope)
        if self.condition():
            node = nodes.Where(node, self.statement(scope))
        self.depth -= 1
        return node

    def _approximate(self, scope: Surroundings) -> Node:
        """The decimal after "≈"; the sign says what its decimals say already."""
        self.need("≈")
        node = self.expression(RELATION, scope)
        if not (isinstance(node, nodes.Num) and node.places):
            raise Unreadable("an approximate value without decimals")
        return node

    def expression(self, power: int, scope: Surroundings) -> Node:
        self.enter()
        node = self._operand(scope)
        while True:
            token = self.peek()
            found = _OPERATORS.get(token.value) if token.kind == "o" else self._word_operator(token)
            if found is None:
                following = self._beside(node, scope) if power <= PRODUCT else None
                if following is None:
                    break
                node = following
            elif found[0] < power or self._ends(token, node, scope):
                break
            else:
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
            return scope.integral and has(node, nodes.Differential)
        return token.value == ":" and (scope.bar_separates or not self.starts(scope, 1))

    def _beside(self, left: Node, scope: Surroundings) -> Node | None:
        """An operand with what stands beside it without an operator: a scale, a unit, a factor; None for nothing."""
        if (scale := scale_ahead(self)) is not None:
            self.position += 1
            return _multiplied(left, number(scale))
        if unit := unit_of(self, left):
            return quantity(self, left, unit)
        if not self.starts(scope):
            return None
        return mixed_number(self, left, scope) or _multiplied(left, self.expression(POSTFIX, scope))

    def atom(self, scope: Surroundings) -> Node:
        kind, value = self.take()
        if kind == "n":
            return number(*number_value(value))
        if (read := _ATOMS.get(kind if kind != "o" else value)) is not None:
            return read(self, value, scope)
        raise Unreadable(f"{value or 'the end'!r}")


def _listed(items: list[Node], words: set[str]) -> Node:
    if len(items) == 1:
        return items[0]
    return nodes.Listing("or" if "or" in words else "and" if "and" in words else "", tuple(items))


def _signed(sign: str, node: Node) -> Node:
    if sign in ("±", "∓"):
        return nodes.PlusMinus(None, node, sign == "±")
    return negated(node) if sign == "-" else node


# -- the table -------------------------------------------------------------------------------------------------------


def _relation(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    operator = "∈" if operator == "in" else operator
    right = parser.expression(SETS, scope)
    if operator == "≡" and parser.peek().kind == "c" and parser.peek().value in ("pmod", "mod", "bmod"):
        return remark(parser, _chained(left, operator, right), scope)
    if operator == "≡" and isinstance(right, nodes.Call) and right.name == "mod":
        return nodes.Congruence(left, *right.arguments)
    return _chained(left, operator, right)


def _chained(left: Node, operator: str, right: Node) -> nodes.Relation:
    if isinstance(left, nodes.Relation):
        return nodes.Relation((*left.sides, right), (*left.operators, operator))
    return nodes.Relation((left, right), (operator,))


def _sets(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    return nodes.SetOperation("∪" if operator == "U" else operator, left, parser.expression(SUM, scope))


def _sum(parser: Grammar, left: Node, operator: str, scope: Surroundings) -> Node:
    right = parser.expression(PRODUCT, scope)
    if operator in "±∓":
        return nodes.PlusMinus(left, right, operator == "±")
    terms = list(left.terms) if isinstance(left, nodes.Add) else [left]
    return total([*terms, negated(right) if operator == "-" else right])


def _infix(build: Callable[[Node, Node], Node]) -> Build:
    """An operator whose right side is one factor."""
    return lambda parser, left, operator, scope: build(left, parser.factor(scope))


def _multiplied(left: Node, right: Node, *, dotted: bool = False) -> nodes.Mul:
    if isinstance(left, nodes.Mul):
        return nodes.Mul((*left.factors, right), left.dotted or dotted)
    return nodes.Mul((left, right), dotted)


_OPERATORS: dict[str, tuple[int, Build]] = {
    **dict.fromkeys(["=", "<", ">", "<=", ">=", "!=", "∈", "∉", "≈", "≡", "=>", "->", "⊂", "∼"], (RELATION, _relation)),
    **dict.fromkeys(["∪", "∩", "∖"], (SETS, _sets)),
    **dict.fromkeys(["+", "-", "±", "∓"], (SUM, _sum)),
    "*": (PRODUCT, _infix(lambda left, right: _multiplied(left, right, dotted=True))),
    "/": (PRODUCT, _infix(nodes.Div)),
    ":": (PRODUCT, _infix(ratio)),
    **{operator: (POSTFIX, build) for operator, build in POSTFIXES.items()},
}
_WORD_OPERATORS: dict[Token, tuple[int, Build]] = {
    Token("w", "in"): (RELATION, _relation),
    Token("w", "U"): (SETS, _sets),
    **dict.fromkeys(
        [Token("c", "bmod"), Token("c", "mod"), Token("w", "mod")],
        (PRODUCT, _infix(lambda left, right: nodes.Call("mod", (left, right)))),
    ),
}
_ATOMS: dict[str, Callable[[Grammar, str, Surroundings], Node]] = {
    "w": word,
    "t": text_content,
    "c": command,
    "begin": environment,
    **dict.fromkeys(["|", "‖", "⌊", "⌈"], bars),
    **dict.fromkeys(["(", "[", "⟨", "]"], bracketed),
    r"\{": braces,
    "{": group,
    "∅": lambda parser, value, scope: nodes.SetOf(()),
    "…": lambda parser, value, scope: nodes.Dots(),
}
"""What reads an operand: by the kind of its first token, or by the token itself where it is an operator."""
