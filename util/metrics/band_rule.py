"""Whether a problem's pass rate lies in a band, and a sequential test of it: sample in rounds, stop when it is decided.

The test is measured against the decision that all ``n_max`` samples would give. Its error bound holds for a problem of
any true rate p, if its samples are independent: the probability of another decision is computed exactly for p on a fine
grid, and bounded between the points. With p = sin² t, the Fisher information of n samples about t is 4n for every p, so
an error probability e = sin² f has |df/dt| <= sqrt(n) (the Cramér-Rao inequality for the indicator of an error).
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MOST_SAMPLES, MOST_ROUNDS = 128, 64
"""Limits of a plan, which takes about 10 s to compute at the limits, and 0.2 s for 16 samples."""
_POINTS, _PROOF_POINTS = 161, 6001
"""Points of p while the stops are chosen, and for the proof of the bound."""


@dataclass(frozen=True)
class Band:
    """Pass rates from ``low`` to ``high``, bounds included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"

    def has(self, right: int, judged: int) -> bool:
        """Whether ``right`` of ``judged`` samples is a rate in the band. judged: at least 1."""
        return self.low <= right / judged <= self.high


def band(text: str) -> Band:
    """A band for argparse.

    >>> band("0.1:0.8")
    Band(low=0.1, high=0.8)
    """
    low, colon, high = text.partition(":")
    try:
        found = Band(float(low), float(high))
    except ValueError:
        found = Band(1.0, 0.0)
    if not colon or not 0 <= found.low <= found.high <= 1:
        raise argparse.ArgumentTypeError(
            f"must be LOW:HIGH, two pass rates from 0 to 1 such as 0.1:0.8 (bounds included), not {text!r}"
        )
    return found


@dataclass(frozen=True)
class DecisionPlan:
    """When to stop sampling a problem. Use ``decision_plan``.

    round_size: samples per round; the last round may be smaller. stops: (samples, right ones) -> whether the problem is
    decided to be inside of the band. error: the bound that was asked for; bound: the proven one, at most that.
    """

    band: Band
    n_max: int
    round_size: int
    error: float
    stops: Mapping[tuple[int, int], bool]
    bound: float

    @property
    def looks(self) -> list[int]:
        """The numbers of samples after which a decision is made."""
        return looks(self.n_max, self.round_size)

    def decide(self, right: int, judged: int, unknown: int = 0) -> bool | None:
        """Whether the problem is inside of the band after a whole round; None where that is not decided.

        unknown: samples without a verdict. Before the last round it is decided only if it would be whatever their verdicts
        were; at the end by the rate of the judged samples, and not at all without any.
        """
        drawn = judged + unknown
        if drawn >= self.n_max:
            return self.band.has(right, judged) if judged else None
        found = {self.stops.get((drawn, right + more)) for more in range(unknown + 1)}
        return found.pop() if len(found) == 1 else None

    def __str__(self) -> str:
        return (
            f"until the pass rate is inside or outside of {self.band}: rounds of {self.round_size}, at most {self.n_max} "
            f"responses per problem, another decision than after all of them in at most {self.bound:.2%}"
        )


def looks(n_max: int, round_size: int) -> list[int]:
    """The numbers of samples at the ends of the rounds.

    >>> looks(7, 3)
    [3, 6, 7]
    """
    return [*range(round_size, n_max, round_size), n_max]


@lru_cache(maxsize=16)
def decision_plan(wanted: Band, n_max: int, round_size: int = 2, error: float = 0.05) -> DecisionPlan:
    """The plan whose bound is at most ``error``, with stops chosen to save samples.

    It begins with the stops after which the remaining samples cannot change the decision. Others are added one by one: the
    one that saves most samples, averaged over Jeffreys' prior of p, among those that keep the bound.

    Raises:
        ValueError: the numbers fit no plan; says why.
    """
    marks = looks(n_max, round_size)
    if round_size > n_max or n_max > MOST_SAMPLES or len(marks) > MOST_ROUNDS:
        raise ValueError(f"at most {MOST_SAMPLES} responses in at most {MOST_ROUNDS} rounds, each within the maximum")
    inside = [wanted.has(right, n_max) for right in range(n_max + 1)]
    if all(inside) or not any(inside):
        every = "every rate" if all(inside) else "no rate"
        raise ValueError(f"{every} of {n_max} responses lies in {wanted}, so that there is nothing to decide")
    certain = _certain(wanted, marks, inside)
    proof, best = _Outcomes(marks, inside, _PROOF_POINTS), None
    for by_ratio in (False, True):
        limit = error
        while True:  # the coarse points may miss the highest error
            stops = _grown(_Outcomes(marks, inside, _POINTS), wanted, dict(certain), limit, by_ratio=by_ratio)
            errors, samples = proof.of(stops)
            bound = _between(float(errors.max()), n_max, _PROOF_POINTS)
            if bound <= error or stops == certain:
                break
            limit -= bound - error + 1e-4
        bound = 0.0 if stops == certain else bound
        plan = DecisionPlan(wanted, n_max, round_size, error, _filled(wanted, marks, stops), bound)
        found = float(samples.mean()), plan
        best = found if best is None or found[0] < best[0] else best
    assert best is not None
    return best[1]


def _between(highest: float, n: int, points: int) -> float:
    """The highest error anywhere, from the highest one at the points."""
    return math.sin(min(math.pi / 2, math.asin(math.sqrt(highest)) + math.sqrt(n) * math.pi / 4 / (points - 1))) ** 2


def _certain(wanted: Band, marks: list[int], inside: list[bool]) -> dict[tuple[int, int], bool]:
    """The stops after which every continuation gives the same decision."""
    total, found = marks[-1], {}
    for drawn in marks[:-1]:
        for right in range(drawn + 1):
            possible = set(inside[right : right + total - drawn + 1])
            if len(possible) == 1 and possible == {wanted.has(right, drawn)}:
                found[drawn, right] = possible.pop()
    return found


def _filled(wanted: Band, marks: list[int], stops: Mapping[tuple[int, int], bool]) -> dict[tuple[int, int], bool]:
    """``stops``, and every state that is reached only through stops of its own decision: unknown verdicts may hide one."""
    found = dict(stops)
    for before, mark in itertools.pairwise(marks[:-1]):
        for right in range(mark + 1):
            ways = range(max(0, right - (mark - before)), min(before, right) + 1)
            if {found.get((before, way)) for way in ways} == {wanted.has(right, mark)}:
                found.setdefault((mark, right), wanted.has(right, mark))
    return found


def _grown(
    outcomes: _Outcomes, wanted: Band, stops: dict[tuple[int, int], bool], limit: float, *, by_ratio: bool
) -> dict[tuple[int, int], bool]:
    """``stops`` and those that may be added. by_ratio: the most samples saved per error first, else the most saved."""
    while True:
        now = outcomes.sweep(stops)
        best: tuple[float, tuple[int, int], bool] | None = None
        for state in _next_stops(outcomes.marks, stops):
            decision = wanted.has(state[1], state[0])
            saved, more = outcomes.change(now, state, decision)
            if saved <= 1e-9 or float((now.errors + more).max()) > limit:
                continue
            worth = saved / (float(more.max()) + 1e-4) if by_ratio else saved
            if best is None or worth > best[0]:
                best = worth, state, decision
        if best is None:
            return stops
        stops[best[1]] = best[2]


def _next_stops(marks: list[int], stops: Mapping[tuple[int, int], bool]) -> list[tuple[int, int]]:
    """States beside a stop of the same round, or at its ends, or any where the round has none."""
    found = []
    for drawn in marks[:-1]:
        bare = not any((drawn, right) in stops for right in range(drawn + 1))
        for right in range(drawn + 1):
            beside = (drawn, right - 1) in stops or (drawn, right + 1) in stops
            if (drawn, right) not in stops and (beside or bare or right in (0, drawn)):
                found.append((drawn, right))
    return found


@dataclass(frozen=True)
class _Sweep:
    """errors: by p. reach: mark -> paths to each state that had no stop before. ahead: mark -> (errors, samples) of going
    on from each state, by state and p."""

    errors: np.ndarray[Any, Any]
    samples: np.ndarray[Any, Any]
    reach: dict[int, np.ndarray[Any, Any]]
    ahead: dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]


class _Outcomes:
    """What sets of stops come to, for rates p = sin² t with t on a regular grid; its mean is that over Jeffreys' prior."""

    def __init__(self, marks: list[int], inside: list[bool], points: int) -> None:
        import numpy as np
        from scipy.stats import binom

        self.marks = marks
        p = np.sin(np.linspace(0, math.pi / 2, points)) ** 2
        self._steps = {m: m - before for before, m in zip([0, *marks], marks, strict=False)}
        self._draws = {size: binom.pmf(np.arange(size + 1)[:, None], size, p) for size in set(self._steps.values())}
        self._chance, self._wrong = {}, dict[int, np.ndarray[Any, Any]]()
        total, verdicts = marks[-1], np.array(inside, dtype=float)
        for mark in marks[:-1]:
            left = total - mark
            ends = binom.pmf(np.arange(left + 1)[:, None], left, p)
            # The probability that all samples decide "inside", by state and p.
            self._wrong[mark] = np.stack([verdicts[right : right + left + 1] @ ends for right in range(mark + 1)])
            paths = np.array([float(math.comb(mark, right)) for right in range(mark + 1)])
            self._chance[mark] = binom.pmf(np.arange(mark + 1)[:, None], mark, p) / paths[:, None]
        self._points = points

    def wrong(self, state: tuple[int, int], decision: bool) -> np.ndarray[Any, Any]:
        """By p: the probability that all samples would decide otherwise."""
        inside: np.ndarray[Any, Any] = self._wrong[state[0]][state[1]]
        return 1.0 - inside if decision else inside

    def sweep(self, stops: Mapping[tuple[int, int], bool]) -> _Sweep:
        import numpy as np

        total = self.marks[-1]
        errors, samples = np.zeros((total + 1, self._points)), np.full((total + 1, self._points), float(total))
        paths: np.ndarray[Any, Any] = np.ones(1)
        ahead, reach = {}, {}
        for before, mark in reversed(list(zip([0, *self.marks], self.marks, strict=False))):
            draws = self._draws[self._steps[mark]]
            errors = sum(draws[j] * errors[j : j + before + 1] for j in range(len(draws)))
            samples = sum(draws[j] * samples[j : j + before + 1] for j in range(len(draws)))
            ahead[before] = errors.copy(), samples.copy()
            for right in range(before + 1):
                if (decision := stops.get((before, right))) is not None:
                    errors[right], samples[right] = self.wrong((before, right), decision), before
        for mark in self.marks[:-1]:
            size = self._steps[mark]
            paths = np.convolve(paths, [float(math.comb(size, j)) for j in range(size + 1)])
            reach[mark] = paths.copy()
            paths[[right for right in range(mark + 1) if (mark, right) in stops]] = 0.0
        return _Sweep(errors[0], samples[0], reach, ahead)

    def change(self, now: _Sweep, state: tuple[int, int], decision: bool) -> tuple[float, np.ndarray[Any, Any]]:
        """The mean number of samples that one more stop saves, and the errors that it adds by p."""
        mark, right = state
        chance = self._chance[mark][right] * now.reach[mark][right]
        errors, samples = now.ahead[mark]
        saved = float((chance * (samples[right] - mark)).mean())
        return saved, chance * (self.wrong(state, decision) - errors[right])

    def of(self, stops: Mapping[tuple[int, int], bool]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """(errors, mean samples) by p."""
        found = self.sweep(stops)
        return found.errors, found.samples
