"""Spearman's rank correlation with a 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from util.metrics.intervals import LEVEL, Estimate

FEWEST = 10
"""Pairs below which no interval is given: the normal approximation needs some."""


def spearman(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """The correlation of the ranks, ties sharing the mean of theirs; from -1 to 1.

    The interval is that of Bonett and Wright 2000, "Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations": Fisher's z with variance (1 + r²/2) / (n - 3). None where one side has a single value, or with fewer than
    ``FEWEST`` pairs.
    """
    from scipy.stats import norm, spearmanr

    count = len(first)
    if count < FEWEST or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    value = float(spearmanr(first, second).statistic)
    if abs(value) >= 1 - 1e-12:
        return Estimate(value, value, value, count)
    spread = float(norm.ppf(1 - (1 - LEVEL) / 2)) * math.sqrt((1 + value**2 / 2) / (count - 3))
    return Estimate(value, math.tanh(math.atanh(value) - spread), math.tanh(math.atanh(value) + spread), count)
