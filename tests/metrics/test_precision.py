"""Half-widths: what there is, what more samples would give, and the coverage of intervals that a run stopped at."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.target_halfwidth import LEAST, Setting, simulate
from util.metrics.intervals import mean_estimate
from util.metrics.precision import PrecisionTarget, Scope, moments_of


@pytest.mark.parametrize("problems", [5, 30, 500])
@pytest.mark.parametrize("n", [1, 2, 8])
def test_the_half_width_is_that_of_the_interval_that_runs_print(problems: int, n: int) -> None:
    rng = np.random.default_rng(3)
    target = PrecisionTarget(0.02)
    cases = [rng.binomial(n, rng.beta(0.5, 1, problems)) for _ in range(20)]
    for right in [*cases, np.zeros(problems), np.full(problems, n), np.arange(problems) % 2 * n]:
        printed = mean_estimate((right / n).tolist(), n * problems)
        longer = max(printed.value - printed.low, printed.high - printed.value)
        counts = moments_of(right, n)
        assert float(target.half(counts)) == pytest.approx(longer, abs=1e-9)
        assert [float(each) for each in target.interval(counts)] == pytest.approx([printed.low, printed.high], abs=1e-9)


@pytest.mark.parametrize("scope", ["problems", "samples"])
def test_forecasts_and_floor_hold_in_the_mean(scope: Scope) -> None:
    """4 samples of each of 400 problems foretell the half-width of 64, within 10 %."""
    rng = np.random.default_rng(4)
    rates = rng.beta(0.6, 0.8, (200, 400))
    first = rng.binomial(4, rates)
    counts, later = (
        moments_of(first, np.full(200, 4.0)),
        moments_of(first + rng.binomial(60, rates), np.full(200, 64.0)),
    )
    target = PrecisionTarget(0.02, scope)
    assert target.half(counts, 64.0).mean() == pytest.approx(target.half(later).mean(), rel=0.1)
    floor = 1.96 * (rates.var() / 400) ** 0.5 if scope == "problems" else 0.0
    assert target.floor(counts).mean() == pytest.approx(floor, rel=0.03, abs=1e-4)


def test_needed_samples_are_the_fewest_that_are_enough() -> None:
    rng = np.random.default_rng(5)
    for problems, scope, wanted in ((500, "problems", 0.034), (30, "samples", 0.03), (60, "samples", 0.2)):
        counts = moments_of(rng.binomial(4, rng.beta(1, 1, problems)), 4)
        target = PrecisionTarget(wanted, scope)  # type: ignore[arg-type]
        n = float(target.needed(counts))
        assert float(target.half(counts, n)) <= wanted < (float(target.half(counts, n - 1)) if n > 1 else 1.0)
    assert math.isinf(PrecisionTarget(0.001).needed(counts))


def test_rounds_go_to_what_is_needed_but_at_most_double() -> None:
    rates = np.repeat([0.2, 0.5, 0.8], 10)
    counts = moments_of(np.round(rates * 8), 8)
    target = PrecisionTarget(0.04, "samples", n_max=64)
    assert float(target.following(counts)) == min(16.0, float(target.needed(counts)))
    assert float(PrecisionTarget(0.04, "samples", n_max=12).following(counts)) == 12
    assert float(PrecisionTarget(0.04, "samples", n_max=64, round_size=3).following(counts)) == 11
    nearly = PrecisionTarget(float(target.half(counts)) - 1e-6, "samples")
    assert float(nearly.following(counts)) == 9  # one more at least, and an eighth


def test_first_looks() -> None:
    """One sample where that is always enough; as many as are always enough where these are few; never more than n_max."""
    assert PrecisionTarget(0.02).first(14_000) == 1
    assert PrecisionTarget(0.02).first(500) == 4
    assert PrecisionTarget(0.1, "samples").first(60) == 2 == PrecisionTarget(0.1, "samples").at_best(60)
    assert PrecisionTarget(0.02, n_max=3).first(30) == 3
    assert PrecisionTarget(0.02, least=16).first(30) == 16
    assert math.isinf(PrecisionTarget(0.02).always_enough(500))  # problems that are always or never solved differ most


def test_what_is_out_of_reach_is_given_up_and_what_is_not_is_not() -> None:
    """Thirty problems, half of them always solved: ±18 points however many samples."""
    solved = np.repeat([0, 4], 15)
    assert bool(PrecisionTarget(0.02).hopeless(moments_of(solved, 4)))
    assert not bool(PrecisionTarget(0.02, "samples").hopeless(moments_of(solved, 4)))
    alike = moments_of(np.random.default_rng(6).binomial(4, 0.5, 200), 4)
    assert not bool(PrecisionTarget(0.02).hopeless(alike))
    assert not bool(PrecisionTarget(0.5).hopeless(alike))  # reached already


@pytest.mark.parametrize(
    "setting",
    [
        Setting("problems", 100, 0.3, 0.2, 8),
        Setting("problems", 100, 0.9, 0.5, 8),
        Setting("samples", 30, 0.1, 0.2, 16),
        Setting("samples", 30, 0.5, 0.0, 8),
    ],
    ids=str,
)
def test_stopping_keeps_the_coverage(setting: Setting) -> None:
    """The short form of benchmarks/target_halfwidth.py: at most two standard errors of the simulation below 94 %."""
    ended = simulate(setting, 2000, 64, np.random.default_rng(7))
    assert ended.coverage >= LEAST - 2 * (LEAST * (1 - LEAST) / 2000) ** 0.5
    assert ended.samples <= 64
    if setting.scope == "samples":
        assert ended.reached > 0.99
        assert ended.samples < 1.5 * setting.about + 1
