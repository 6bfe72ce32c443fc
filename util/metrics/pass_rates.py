"""The pass rate of a problem: the share of its judged samples that are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from util.metrics.band_rule import Band
from util.metrics.intervals import Estimate, share_estimate
from util.records import Response
from util.results.entries import Entry


@dataclass(frozen=True, slots=True)
class PassRate:
    """unjudged: samples without a verdict (none yet, none possible, or failed); they count neither as right nor as wrong."""

    right: int = 0
    judged: int = 0
    unjudged: int = 0

    @property
    def value(self) -> float:
        """The rate; 0 where nothing is judged."""
        return self.right / self.judged if self.judged else 0.0

    @property
    def estimate(self) -> Estimate:
        """The rate with its 95 % Jeffreys interval, which takes the number of samples as fixed in advance."""
        return share_estimate(self.right, self.judged)

    def __add__(self, other: PassRate) -> PassRate:
        return PassRate(self.right + other.right, self.judged + other.judged, self.unjudged + other.unjudged)


def pass_rate(responses: Iterable[Response]) -> PassRate:
    """The pass rate of a problem's responses. Truncated ones are wrong, as their verdict says."""
    right = judged = total = 0
    for response in responses:
        total += 1
        right += response.correct is True
        judged += response.correct is not None
    return PassRate(right, judged, total - judged)


def with_pass_rate(entry: Entry, **more: Any) -> Entry:
    """The entry with what result files say of its pass rate: nothing for a single response, or before any check.

    more: further fields, such as the decision of a sequential test.
    """
    responses = [response for _, response in entry.samples()]
    if len(responses) < 2 or all(response.verdict is None for response in responses):
        return replace(entry, pass_rate=None)
    rate = pass_rate(responses)
    shown = rate.estimate if rate.judged else None
    numbers = {
        "rate": round(shown.value, 4) if shown is not None else None,
        "low": round(shown.low, 4) if shown is not None else None,
        "high": round(shown.high, 4) if shown is not None else None,
    }
    counts = {"right": rate.right, "judged": rate.judged, "unjudged": rate.unjudged}
    return replace(entry, pass_rate=counts | numbers | more)


_BITS = 32


class ProblemRates:
    """Pass rates by the identity of a problem: about 200 bytes each."""

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}  # right and judged in one number

    def add(self, identity: bytes, responses: Iterable[Response]) -> None:
        """Count the responses of a problem in one file."""
        found = pass_rate(responses)
        self._counts[identity] = self._counts.get(identity, 0) + (found.right << _BITS) + found.judged

    def find(self, identity: bytes) -> PassRate | None:
        """The rate of a problem; None of one that no file has."""
        return self.of(identity) if identity in self._counts else None

    def of(self, identity: bytes) -> PassRate:
        """The rate of a problem; of one that no file has, without samples."""
        both = self._counts.get(identity, 0)
        return PassRate(both >> _BITS, both & ((1 << _BITS) - 1))

    def places(self, band: Band) -> Counter[str]:
        """How many problems are where; see ``place_of``."""
        return Counter(place_of(self.of(identity), band) for identity in self._counts)


def place_of(rate: PassRate, band: Band) -> str:
    """Where a rate lies: in the band, below or above it, or not judged."""
    if not rate.judged:
        return "not judged"
    if band.has(rate.right, rate.judged):
        return f"in {band}"
    return f"below {band}" if rate.value < band.low else f"above {band}"
