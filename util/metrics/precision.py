"""How precise an accuracy is, how precise more samples would make it, and when to stop sampling for a target.

A benchmark has N problems, each with n samples; problem i is solved with probability p_i. There are two questions, with two
intervals of pass@1:

- "problems": the population that the problems are a sample of. This is the interval that every run prints
  (``intervals.mean_estimate``). Its variance is (B + W/n)/N, with B the variance of the p_i and W the mean of p_i (1 - p_i).
  With more samples only W/n falls: B/N is a floor that only more problems lower.
- "samples": the mean of these N problems' own p_i, whatever other problems are like. Its variance is W/(nN), which more
  samples bring to 0.

W and B are estimated without bias from the counts. Half-width: the longer half of the 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from util.metrics.intervals import LEVEL, few_clusters

if TYPE_CHECKING:
    import numpy as np

Scope = Literal["problems", "samples"]
SCOPES: tuple[Scope, ...] = ("problems", "samples")

FIRST = 4
"""Samples of each problem before the first decision."""
SURE = 3.0
"""Standard errors of B by which the floor must be above the target before a run gives up. With 2, coverage falls by 0.5 to 0.8
points where few problems are solved."""
_SMALLEST_STEP = 8
"""A further round has at least this fraction of the samples that there are: one eighth."""

Number = Any
"""A float, or an array of them: the simulation asks for many runs at once."""


@dataclass(frozen=True)
class RateMoments:
    """Moments of the right samples over problems; each field is a number, or an array with one per run.

    n: samples per problem. mean: pass@1. variance: of the problems' rates. within: W. slope, spread, both: variances over
    problems of the rate x and of the unbiased estimate q of p², and their covariance.
    """

    problems: int
    n: Number
    mean: Number
    variance: Number
    within: Number
    slope: Number
    spread: Number
    both: Number

    @property
    def between(self) -> Number:
        """B, the variance of the p_i."""
        import numpy as np

        return np.maximum(self.variance - self.within / self.n, 0.0)


def moments_of(right: np.ndarray[Any, Any], n: Number) -> RateMoments:
    """The moments of right samples per problem (last axis) among ``n`` of each problem; n: a number, or one per run."""
    import numpy as np

    each = np.asarray(n, dtype=float)
    rate = right / each[..., None]
    # Of one sample nothing tells W: all of the variance counts as that between problems.
    within = rate * (1 - rate) * np.where(each > 1, each / np.maximum(each - 1, 1), 0.0)[..., None]
    square, problems = rate - within, right.shape[-1]
    mean = rate.mean(-1)
    apart, far = rate - mean[..., None], square - square.mean(-1)[..., None]
    return RateMoments(
        problems=problems,
        n=each,
        mean=mean,
        variance=(apart**2).sum(-1) / max(1, problems - 1),
        within=within.mean(-1),
        slope=(apart**2).mean(-1),
        spread=(far**2).mean(-1),
        both=(apart * far).mean(-1),
    )


@dataclass(frozen=True)
class PrecisionTarget:
    """A half-width to reach, and how far to go for it. Decisions are made at the ends of rounds that all problems have.

    half_width: from 0 to 0.5, of the interval that ``scope`` names. least: samples per problem before the first decision at
    the soonest. n_max: the most. round_size: samples per round; None goes to the number that the estimate names, with at
    most as many again as there are.
    """

    half_width: float
    scope: Scope = "problems"
    least: int = 1
    n_max: int = 64
    round_size: int | None = None

    def __str__(self) -> str:
        return f"±{points(self.half_width)} points ({SHOWN[self.scope]})"

    def first(self, problems: int) -> int:
        """Samples of each problem before the first decision: enough for an estimate, or fewer where these are always enough."""
        return max(self.least, int(min(FIRST, self.n_max, self.always_enough(problems))))

    def always_enough(self, problems: int) -> float:
        """The samples per problem with which the target is reached whatever the problems' rates are; infinite if there is
        no such number: problems that are always or never solved differ by as much as problems can."""
        if self.scope == "problems":
            return 1 if float(self._half(0.5, problems * few_clusters(problems))) <= self.half_width else math.inf
        return self.at_best(problems)

    def at_best(self, problems: int) -> float:
        """The samples per problem that are needed if all problems are alike and solved half of the time."""
        weight = few_clusters(problems) if self.scope == "problems" else problems / (problems + 1)
        return float(_smallest(lambda n: self._half(0.5, n * problems * weight) <= self.half_width, ()))

    def half(self, counts: RateMoments, n: Number = None) -> Number:
        """The half-width with the samples that there are, or the expected one with ``n`` of each problem."""
        if n is None:
            return self._half_of(counts, counts.variance, counts.n)
        return self._half_of(counts, counts.between + counts.within / n, n)

    def floor(self, counts: RateMoments) -> Number:
        """The half-width that is expected with any number of samples."""
        return self.half(counts, _UNLIMITED)

    def floor_at_least(self, counts: RateMoments) -> Number:
        """The floor if B is ``SURE`` standard errors below its estimate, which is the mean of q less the squared mean."""
        import numpy as np

        slope = 2 * counts.mean
        influence = counts.spread + slope * slope * counts.slope - 2 * slope * counts.both
        low = counts.between - SURE * np.sqrt(np.maximum(influence, 0.0) / counts.problems)
        return self._half_of(counts, np.maximum(low, 1e-12), _UNLIMITED)

    def needed(self, counts: RateMoments) -> Number:
        """The expected number of samples per problem for the target; infinite where no number is enough."""
        return _smallest(lambda n: self.half(counts, n) <= self.half_width, counts.mean.shape)

    def reached(self, counts: RateMoments) -> Number:
        return self.half(counts) <= self.half_width

    def hopeless(self, counts: RateMoments) -> Number:
        import numpy as np

        """Whether no number of samples would reach the target, as far as can be told."""
        if self.scope == "samples":
            return np.zeros(counts.mean.shape, dtype=bool)
        return (counts.n > 1) & ~self.reached(counts) & (self.floor_at_least(counts) > self.half_width)

    def following(self, counts: RateMoments) -> Number:
        """The number of samples per problem at which the next decision is made."""
        import numpy as np

        n = counts.n
        if self.round_size is not None:
            return np.minimum(self.n_max, n + self.round_size)
        wanted = np.minimum(2 * n, self.needed(counts))
        return np.minimum(self.n_max, np.maximum(wanted, n + np.ceil(n / _SMALLEST_STEP)))

    def interval(self, counts: RateMoments) -> tuple[Number, Number]:
        """The 95 % interval itself."""
        return _jeffreys(counts.mean, self._total(counts, counts.variance, counts.n))

    def _half_of(self, counts: RateMoments, variance: Number, n: Number) -> Number:
        return self._half(counts.mean, self._total(counts, variance, n))

    def _total(self, counts: RateMoments, variance: Number, n: Number) -> Number:
        """The number of independent samples that are worth as much."""
        import numpy as np

        mean, problems = counts.mean, counts.problems
        full = mean * (1 - mean)
        if self.scope == "samples":
            known = np.where(counts.n > 1, counts.within, full)  # at most mean (1 - mean)
            spread = known * problems + 0.25  # as one problem more, of rate 1/2
            return np.where(full > 0, full * problems * problems * n / spread, problems * n)
        spread = np.maximum(variance, 1e-300)
        effective = np.where((variance > 0) & (full > 0), full * problems / spread, problems)
        several = np.minimum(effective, problems * n) * few_clusters(problems)
        return np.where(counts.n > 1, several, problems)  # one sample each: independent

    @staticmethod
    def _half(mean: Number, total: Number) -> Number:
        """The longer half of the interval of ``mean`` from ``total`` independent samples."""
        import numpy as np

        low, high = _jeffreys(mean, total)
        return np.maximum(mean - low, high - mean)


@dataclass(frozen=True)
class PrecisionPlan:
    """The target of one dataset's run. first: samples of each problem at the first decision of this file's runs."""

    target: PrecisionTarget
    first: int

    @property
    def most(self) -> int:
        """The largest number of samples of a problem that counts."""
        return max(self.first, self.target.n_max)


def _jeffreys(mean: Number, total: Number) -> tuple[Number, Number]:
    import numpy as np
    from scipy.special import betaincinv

    total = np.minimum(total, 1e12)
    tail, shapes = (1 - LEVEL) / 2, (mean * total + 0.5, (1 - mean) * total + 0.5)
    low = np.where(mean <= 0, 0.0, betaincinv(*shapes, tail))
    return low, np.where(mean >= 1, 1.0, betaincinv(*shapes, 1 - tail))


_MOST = 1 << 17
"""Samples per problem above which a forecast is infinite."""
_UNLIMITED = 1e9

SHOWN: dict[Scope, str] = {
    "problems": "95 % interval of pass@1, for the population of problems",
    "samples": "95 % interval of pass@1 of these problems alone: the error of sampling",
}


def points(half_width: float) -> str:
    """Percentage points.

    >>> points(0.02), points(0.04983), points(0.12345)
    ('2', '4.98', '12.3')
    """
    return f"{round(100 * half_width, 2 if half_width < 0.1 else 1):g}"


def _smallest(enough: Callable[[Number], Number], shape: tuple[int, ...]) -> Number:
    """The smallest number of samples that is enough, infinite above ``_MOST``; ``enough`` stays true once it is."""
    import numpy as np

    low, high = np.zeros(shape), np.full(shape, float(_MOST))
    never = ~enough(high)
    for _ in range(_MOST.bit_length() - 1):
        middle = (low + high) / 2
        is_enough = enough(middle)
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return np.where(never, math.inf, high)
