"""The distribution of pass rates in a report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from util.report.charts import ACCENT, RIGHT, WRONG, drawn
from util.report.section import Section

TENTHS = 10


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
    labels = ["0", *(f"{i / TENTHS:g}–{(i + 1) / TENTHS:g}" for i in range(TENTHS)), "1"]

    def draw(axes: Any) -> None:
        heights = [counts[place] for place in range(len(labels))]
        colours = [WRONG, *[ACCENT] * TENTHS, RIGHT]
        axes.bar(range(len(labels)), heights, color=colours, alpha=0.85)
        for place, height in enumerate(heights):
            if height:
                axes.text(place, height, f"{height:,}", ha="center", va="bottom", fontsize=8)
        axes.set_xticks(range(len(labels)), labels, fontsize=8, rotation=30)
        axes.set_xlabel("share of right responses")
        axes.set_ylabel("problems")
        axes.grid(axis="x", visible=False)

    return drawn(draw, f"pass rates of the problems of {section.title}")


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
