"""What surrounds a clause: the name before it, the modulus or condition after it."""

from __future__ import annotations

import re

from util.answers.syntax.nodes import Congruence, Node, Relation, Unreadable, Where, Words
from util.answers.syntax.parser import SUM, Parser
from util.answers.syntax.scope import Surroundings
from util.answers.syntax.vocabulary import FUNCTIONS, REFUSED


def leading_name(parser: Parser) -> Node | None:
    """Words before "=", ":" or "is" at the start of a clause: a name for what follows."""
    kind, value = parser.peek()
    if kind != "t" and not (kind == "w" and len(value) > 2):
        return None
    words = value.strip()
    if parser.separator() or len(words) == 1:
        return None
    if any(word in REFUSED for word in re.findall(r"[a-z']+", words.lower())):
        return None
    if kind == "t" and (words.endswith((":", "=", " is")) or words == "is"):
        parser.position += 1
        parser.eat("=", ":")
        return Words(words.rstrip(":= "))
    ahead = 1
    while parser.peek(ahead).kind in ("w", "t") or parser.peek(ahead) in (("c", "angle"), ("c", "triangle")):
        ahead += 1
    if parser.peek(ahead) in (("o", "="), ("o", ":")) and words not in FUNCTIONS:
        name = " ".join(parser.peek(i).value for i in range(ahead))
        parser.position += ahead + 1
        return Words(name)
    return None


def remark(parser: Parser, node: Node, scope: Surroundings) -> Node:
    r"""``\pmod{7}``, "(mod 7)" or a condition in parentheses whose opening bracket has been read.

    Raises:
        Unreadable: any other remark.
    """
    opened = parser.peek(-1) == ("o", "(")
    kind, value = parser.peek()
    if value not in ("pmod", "mod", "bmod") or kind not in ("c", "w", "t"):
        condition = parser.statement(scope) if opened else None
        if not isinstance(condition, Relation) or not parser.eat(")"):
            raise Unreadable("a remark in parentheses")
        return Where(node, condition)
    parser.position += 1
    modulus = parser.expression(SUM, scope)
    if opened:
        parser.need(")")
    if isinstance(node, Relation) and node.operators[-1] in ("≡", "="):
        left = node.sides[0] if len(node.sides) == 2 else Relation(node.sides[:-1], node.operators[:-1])
        return Congruence(left, node.sides[-1], modulus)
    return Congruence(None, node, modulus)
