"""Accuracy on problems from before and since a date, such as a model's release: a sign of contamination if it falls.

The two groups are different problems, so the difference is unpaired. Its interval combines those of the two accuracies
(Zou and Donner 2008, "Construction of confidence limits about effect measures: a general approach"), which is Newcombe's
method 10 of 1998 with other intervals for the parts: no normal approximation, and each part stays clustered by problem.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from math import hypot

from util.metrics.intervals import Estimate, mean_estimate
from util.records import Row, temperature_label
from util.results.entries import Entry

Period = tuple[date, date]
"""First and last day on which a problem may have been published."""


@dataclass
class _Shares:
    """Share of right responses of each problem, and the number of responses."""

    values: array[float] = field(default_factory=lambda: array("d"))
    samples: int = 0

    def add(self, right: int, total: int) -> None:
        self.values.append(right / total)
        self.samples += total

    def estimate(self) -> Estimate | None:
        return mean_estimate(self.values, self.samples) if self.values else None


@dataclass(frozen=True)
class UnpairedDifference:
    """A difference of two accuracies on different problems, from -1 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float


def unpaired(first: Estimate, second: Estimate) -> UnpairedDifference:
    """second - first."""
    value = second.value - first.value
    low = value - hypot(second.value - second.low, first.high - first.value)
    high = value + hypot(second.high - second.value, first.value - first.low)
    return UnpairedDifference(value, max(-1.0, low), min(1.0, high))


@dataclass(frozen=True)
class DateSplit:
    """pass@1 by date at one temperature. before: problems published before the cutoff; since: on that day or later.

    Either is None where there is no such problem. samples: responses of both. undated: problems without a date, or whose
    date is not known well enough to say on which side it lies; they are in neither.
    """

    cutoff: date
    temperature: float
    before: Estimate | None
    since: Estimate | None
    samples: tuple[int, int]
    undated: int

    @property
    def difference(self) -> UnpairedDifference | None:
        """since - before; None where one has no problem."""
        return unpaired(self.before, self.since) if self.before and self.since else None

    def metrics(self) -> list[tuple[str, Estimate | UnpairedDifference, int, int]]:
        """(name, value with interval, problems, responses) of what there is."""
        parts = ((f"before {self.cutoff}", self.before), (f"since {self.cutoff}", self.since))
        found: list[tuple[str, Estimate | UnpairedDifference, int, int]] = [
            (f"pass@1 {name}", part, part.problems, samples)
            for (name, part), samples in zip(parts, self.samples, strict=True)
            if part is not None
        ]
        if self.difference is not None and self.before is not None and self.since is not None:
            problems = self.before.problems + self.since.problems
            found.append((f"pass@1 since - before {self.cutoff}", self.difference, problems, sum(self.samples)))
        return found

    def lines(self) -> list[str]:
        """For the console."""
        found = [f"by date, temperature {temperature_label(self.temperature)}:"]
        for name, each, problems, _ in self.metrics():
            sign = "+" if isinstance(each, UnpairedDifference) else ""
            shown = f"{each.value:{sign}.4f} [{each.low:{sign}.3f}, {each.high:{sign}.3f}]"
            found.append(f"  {name:<36}{shown}, {problems} problems")
        difference = self.difference
        if difference is None:
            found.append(f"  no difference: no dated problem {'since' if self.before else 'before'} {self.cutoff}")
        elif difference.high < 0:
            found.append("  newer problems are solved less often: harder, or the older ones are in the training data")
        if self.undated:
            found.append(f"  {self.undated} problems have no date that tells the side; they are left out")
        return found


def split_by_date(entries: Iterable[Entry], period: Callable[[Row], Period | None], cutoff: date) -> list[DateSplit]:
    """Split the problems of a result file; responses without a verdict count as not right, as in pass@1."""
    parts: dict[float, tuple[_Shares, _Shares]] = {}
    undated: dict[float, int] = {}
    for entry in entries:
        found = period(entry.row)
        side = None if found is None or found[0] < cutoff <= found[1] else int(found[0] >= cutoff)
        for temperature, responses in entry.responses.items():
            if not responses:
                continue
            both = parts.setdefault(temperature, (_Shares(), _Shares()))
            if side is None:
                undated[temperature] = undated.get(temperature, 0) + 1
            else:
                both[side].add(sum(response.correct is True for response in responses), len(responses))
    return [
        DateSplit(cutoff, temperature, a.estimate(), b.estimate(), (a.samples, b.samples), undated.get(temperature, 0))
        for temperature, (a, b) in sorted(parts.items())
    ]
