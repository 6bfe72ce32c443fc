"""What decontamination has done, for the console and the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ContaminationRecord:
    """by: "words", "meaning" or "both". benchmarks: questions of each. examined: problems that were compared with them.
    words, meaning: problems dropped by each method, by benchmark. model, threshold, judge: of the comparison by meaning;
    "" and None without it. other: problems that resemble a question and differ from it in facts such as numbers. asked:
    pairs that the judge was asked about; unreadable: those of them without a verdict, which the threshold decided.
    """

    by: str
    benchmarks: Counter[str]
    examined: int
    words: Counter[str] = field(default_factory=Counter)
    meaning: Counter[str] = field(default_factory=Counter)
    model: str = ""
    threshold: float | None = None
    judge: str = ""
    other: int = 0
    asked: int = 0
    unreadable: int = 0

    @property
    def dropped(self) -> Counter[str]:
        """Problems by benchmark, whatever found them."""
        return self.words + self.meaning

    def lines(self) -> Iterator[str]:
        """For the console: what was dropped, and how it was decided."""
        for name, count in self.words.items():
            yield f"{count} problems dropped because they overlap with {name}"
        for name, count in self.meaning.items():
            yield f"{count} problems dropped because they mean the same as a question of {name}"
        if self.model:
            compared = ", ".join(f"{count} of {name}" for name, count in self.benchmarks.items())
            yield (
                f"{self.examined} problems compared with {self.benchmarks.total()} questions ({compared}): {self.model}, "
                f"threshold {self.threshold:g}; {self.other} resemble one and were kept for other numbers or facts"
            )
        if self.judge:
            yield f"{self.judge} was asked about {self.asked} pairs" + (
                f"; {self.unreadable} of its answers have no verdict, so that the threshold decided"
                if self.unreadable
                else ""
            )
