"""How two raters agree: Cohen's kappa, and Wilson's interval of a share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import sqrt
from typing import TypeVar

from util.metrics.intervals import Estimate

_T = TypeVar("_T")
_Z = 1.959963984540054
"""Quantile of the normal distribution for a two-sided interval of 95 %."""


def wilson(hits: int, total: int) -> Estimate:
    """A share of independent outcomes with its 95 % Wilson score interval (Wilson 1927).

    >>> str(wilson(0, 50)), str(wilson(98, 100))
    ('0.0000 [0.000, 0.071]', '0.9800 [0.930, 0.994]')
    """
    if not total:
        return Estimate(0.0, 0.0, 1.0, 0)
    share, weight = hits / total, _Z * _Z / total
    centre = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == total else min(1.0, centre + half)
    return Estimate(share, low, high, total)


def cohens_kappa(ratings: Iterable[tuple[_T, _T]]) -> float | None:
    """Cohen's kappa (1960): agreement beyond what the raters' own frequencies give by chance.

    ratings: both raters' categories of each item. None if there is no item, or chance alone gives full agreement.

    >>> cohens_kappa([(1, 1), (1, 1), (0, 0), (0, 1)])
    0.5
    """
    pairs = list(ratings)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    total = len(pairs)
    by_chance = sum(first[name] * second[name] for name in first)  # times total squared
    if not total or by_chance == total * total:
        return None
    agreed = sum(one == other for one, other in pairs)
    return (agreed * total - by_chance) / (total * total - by_chance)
