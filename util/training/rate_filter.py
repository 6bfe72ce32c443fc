"""Drop problems by their pass rate over all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from util.metrics.band_rule import Band
from util.metrics.pass_rates import PassRate, pass_rate
from util.records import Response

STAGE = "pass-rate"
_BITS = 32


class ProblemRates:
    """Pass rates by the identity of a problem: about 200 bytes each."""

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}  # right and judged in one number

    def add(self, identity: bytes, responses: Iterable[Response]) -> None:
        """Count the responses of a problem in one file."""
        found = pass_rate(responses)
        self._counts[identity] = self._counts.get(identity, 0) + (found.right << _BITS) + found.judged

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
