"""The distribution of pass rates in a report."""

from __future__ import annotations

from collections import Counter

from util.report.bars import TENTHS, histogram
from util.report.plot import Tick
from util.report.section import Section


def rates_caption(section: Section) -> str:
    tally = section.tally
    unrated = f"; {tally.unrated:,} not judged" if tally.unrated else ""
    return f"Pass rates of {len(tally.rates):,} problems{unrated}"


def pass_rates(section: Section) -> str | None:
    """Histogram of the pass rates, with 0 and 1 apart; None without problems of several judged samples."""
    rates = section.tally.rates
    if not rates:
        return None
    counts = Counter(map(rate_bin, rates))
    labels = ["0", *(f"{i / TENTHS:g} to {(i + 1) / TENTHS:g}" for i in range(TENTHS)), "1"]
    bars = len(labels)
    ticks = [Tick(100 * 0.5 / bars, "none"), Tick(100 * (bars - 0.5) / bars, "all")]
    ticks += [Tick(100 * (1 + step) / bars, f"{step / TENTHS:.0%}") for step in (2, 4, 6, 8)]
    heights = [counts[place] for place in range(bars)]
    return histogram(
        f"pass rates of the problems of {section.title}", heights, labels, ticks, "share of right responses"
    )


def rate_bin(rate: float) -> int:
    """The bar of a rate: 0 for 0, then tenths (the upper bound included, 1 not), last for 1.

    >>> [rate_bin(rate) for rate in (0.0, 0.05, 0.1, 0.11, 0.99, 1.0)]
    [0, 1, 1, 2, 10, 11]
    """
    if rate <= 0:
        return 0
    if rate >= 1:
        return TENTHS + 1
    return next(i for i in range(1, TENTHS + 1) if rate <= i / TENTHS)
