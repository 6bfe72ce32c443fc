"""Lengths of what a training file holds: thoughts, answers and whole rows, in tokens or in characters."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

PARTS = ("thought", "answer", "row")
"""row: everything that is written for it, the prompt included; without what a chat template adds."""

_BATCH = 64

Counter = Callable[[Sequence[str]], Sequence[int]]
"""Texts -> the length of each."""


@dataclass(frozen=True)
class LengthSummary:
    """Statistics of one part. number: of texts that have it; the percentiles are of the nearest rank."""

    part: str
    number: int
    mean: float
    low: int
    median: int
    high: int
    longest: int
    total: int


class Lengths:
    """Collects lengths: 4 bytes for each part of a row.

    count: measures texts; None for their characters. unit: what it counts, in words.
    """

    def __init__(self, count: Counter | None = None, unit: str = "characters") -> None:
        self._count = count
        self.unit = unit
        self._waiting: list[tuple[str, str]] = []
        self._found = {part: array("L") for part in PARTS}

    def add(self, thought: str | None, answer: str | None, row: str) -> None:
        """Measure a row. thought, answer: None where the response has no such part."""
        for part, text in zip(PARTS, (thought, answer, row), strict=True):
            if text is not None:
                self._waiting.append((part, text))
        if len(self._waiting) >= _BATCH:
            self._measure()

    def of(self, part: str) -> array[int]:
        """The lengths of a part, in the order of the rows."""
        self._measure()
        return self._found[part]

    def summaries(self) -> list[LengthSummary]:
        """Statistics of each part that occurs."""
        found = {part: sorted(self.of(part)) for part in PARTS}
        return [
            LengthSummary(
                part, len(values), fmean(values), _rank(values, 0.05), _rank(values, 0.5), _rank(values, 0.95),
                values[-1], sum(values),
            )
            for part, values in found.items()
            if values
        ]  # fmt: skip

    def _measure(self) -> None:
        texts = [text for _, text in self._waiting]
        sizes = self._count(texts) if self._count is not None and texts else list(map(len, texts))
        for (part, _), size in zip(self._waiting, sizes, strict=True):
            self._found[part].append(size)
        self._waiting.clear()


def _rank(values: Sequence[int], share: float) -> int:
    """The value of the nearest rank: at least ``share`` of the sorted values are not above it."""
    return values[max(0, math.ceil(share * len(values)) - 1)]
