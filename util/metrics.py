"""Counts and rates over samples. An unjudged sample is never counted as right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import comb
from typing import Any


@dataclass
class Counts:
    """Samples at one temperature."""

    total: int = 0
    right: int = 0
    unjudged: int = 0
    truncated: int = 0
    failed: int = 0

    @property
    def accuracy(self) -> float:
        """Right samples over all samples: pass@1. Unjudged ones count as not right."""
        return self.right / self.total if self.total else 0.0


@dataclass
class Tally:
    """Counts by temperature, and right samples by problem for pass@k."""

    by_temperature: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    _problems: dict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, key: str, temperature: str, response: dict[str, Any]) -> None:
        """Count one response of a result file."""
        counts = self.by_temperature[temperature]
        right = response.get("correctness") is True
        counts.total += 1
        counts.right += right
        counts.unjudged += response.get("correctness") is None
        counts.truncated += response.get("finish_reason") == "length"
        counts.failed += response.get("finish_reason") == "error"
        problem = self._problems[temperature].setdefault(key, [0, 0])
        problem[0] += 1
        problem[1] += right

    @property
    def total(self) -> Counts:
        """All temperatures together."""
        whole = Counts()
        for counts in self.by_temperature.values():
            for name in vars(whole):
                setattr(whole, name, getattr(whole, name) + getattr(counts, name))
        return whole

    def pass_at(self, k: int, temperature: str) -> float | None:
        """Mean unbiased pass@k over problems; None if one has fewer than k samples."""
        problems = self._problems[temperature].values()
        if not problems or any(n < k for n, _ in problems):
            return None
        return sum(pass_at_k(n, right, k) for n, right in problems) / len(problems)

    def solved(self) -> int:
        """Problems with at least one right sample at any temperature."""
        return len({key for problems in self._problems.values() for key, (_, right) in problems.items() if right})


def pass_at_k(n: int, right: int, k: int) -> float:
    """Unbiased estimate that one of k samples is right, given ``right`` of ``n``.

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1.
    """
    if n - right < k:
        return 1.0
    return 1.0 - comb(n - right, k) / comb(n, k)
