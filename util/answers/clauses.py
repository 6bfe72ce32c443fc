"""What surrounds a clause: the name before it, the modulus or condition after it."""

from __future__ import annotations

import re

from util.answers.nodes import Node, Unreadable
from util.answers.parser_state import ParserState
from util.answers.words import FUNCTIONS, REFUSED


def leading_name(parser: ParserState) -> Node | None:
    """Words before "=", ":" or "is" at the start of a clause: a name for what follows."""
    kind, value = parser.peek()
    if kind != "t" or parser.separator():
        return None
    words = value.strip()
    if any(word in REFUSED for word in re.findall(r"[a-z']+", words.lower())):
        return None
    if words.endswith((":", "=", " is")) or words == "is":
        parser.position += 1
        parser.eat("=", ":")
        return Node("text", (words.rstrip(":= "),))
    ahead = 1
    while parser.peek(ahead)[0] in ("w", "t") or parser.peek(ahead) in (("c", "angle"), ("c", "triangle")):
        ahead += 1
    following = parser.peek(ahead)
    if following in (("o", "="), ("o", ":")) and words not in FUNCTIONS:
        name = " ".join(parser.peek(i)[1] for i in range(ahead))
        parser.position += ahead + 1
        return Node("text", (name,))
    return None


def modulus(parser: ParserState, node: Node) -> Node:
    """``\\pmod{7}``, "(mod 7)" or a condition in parentheses whose opening bracket has been read."""
    opened = parser.tokens[parser.position - 1] == ("o", "(")
    kind, value = parser.peek()
    if value not in ("pmod", "mod", "bmod") or kind not in ("c", "w", "t"):
        condition = parser.statement() if opened else None
        if condition is None or condition.op != "rel" or not parser.eat(")"):
            raise Unreadable("a remark in parentheses")
        return Node("where", (node, condition))
    parser.position += 1
    modulus_node = parser.additive()
    if opened:
        parser.need(")")
    if node.op == "rel" and node.args[-2] in ("≡", "="):
        left = Node("rel", node.args) if len(node.args) > 3 else node.args[0]
        return Node("cong", (left, node.args[-1], modulus_node))
    return Node("cong", (None, node, modulus_node))
