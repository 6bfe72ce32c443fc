"""One comparison of two answers: how deep it is, and which rules that are not exact it used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from util.answers.syntax.nodes import Node

MAX_DEPTH = 8
"""How deep two answers are compared inside other answers; deeper ones are different."""
POINTS, ROUNDING = "points", "rounding"
"""Rules that are not exact."""


Rule = Callable[[Node, Node, "PairRules"], bool]
"""Compares two nodes, the gold answer's first."""


@dataclass
class PairRules:
    """What the rules for one kind of node call for its parts.

    whole: compares two answers with their names and conditions; bare: without them. Both are in same.py; they are fields so
    that the rules do not import each other. used: the rules that were not exact, of those that found something equal.
    """

    whole: Rule
    bare: Rule
    depth: int = 0
    used: set[str] = field(default_factory=set)

    def same(self, gold: Node, answer: Node) -> bool:
        """Whether two parts of the answers, each with its names and conditions, are the same."""
        return self._deeper(self.whole, gold, answer)

    def same_value(self, gold: Node, answer: Node) -> bool:
        """Whether two parts are the same value."""
        return self._deeper(self.bare, gold, answer)

    def _deeper(self, compare: Rule, gold: Node, answer: Node) -> bool:
        if self.depth >= MAX_DEPTH:
            return False
        self.depth += 1
        try:
            return compare(gold, answer, self)
        finally:
            self.depth -= 1
