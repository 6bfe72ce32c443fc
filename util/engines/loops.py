"""Responses that repeat themselves without end: they are stopped, since nothing but tokens comes of them.

A check looks at the end of a response every few hundred tokens, on any engine. vLLM's own detection
(``repetition_detection``) looks at each token, in the scheduler: measured at 62 microseconds a token for patterns of up to
64 tokens, against less than 1 here for patterns of up to 512.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LoopRule:
    """When a response counts as a loop: its last ``length`` items are one pattern again and again, without an exception.

    longest: items of the pattern at most. every: items between two checks.
    """

    length: int
    longest: int
    every: int

    def pattern(self, items: Sequence[Any]) -> int:
        """Items of the pattern in which ``items`` end; 0 where they are no loop.

        >>> LoopRule(length=9, longest=3, every=1).pattern("so: abcabcabc")
        3
        """
        if len(items) < self.length:
            return 0
        tail = items[-self.length :]
        last, before = tail[-1], tail[-2]
        for size in range(1, self.longest + 1):
            if tail[-1 - size] == last and tail[-2 - size] == before and tail[size:] == tail[:-size]:
                return size
        return 0


TOKENS = LoopRule(length=4096, longest=512, every=512)
"""Of token ids. The longest loop in a complete response that we know is far shorter; see ``benchmarks/repetitions.py``."""

CHARACTERS = LoopRule(length=16384, longest=2048, every=4096)
"""Of a text whose tokens a server does not tell."""
