"""The sequential test of a pass rate: its bound against every order of samples, and what unknown verdicts do to it."""

from __future__ import annotations

import argparse
import itertools
from math import comb

import pytest

from util.metrics.band_rule import Band, DecisionPlan, band, decision_plan


def test_bands_are_read_and_others_refused() -> None:
    assert band("0.1:0.8") == Band(0.1, 0.8)
    assert [band("0.1:0.8").has(right, 10) for right in (0, 1, 8, 9)] == [False, True, True, False]
    for wrong in ("0.1", "0.8:0.1", "a:b", "0:1.1", "-0.1:1", "nan:1", ":", "0.1:0.8:1"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"LOW:HIGH.* such as 0\.1:0\.8"):
            band(wrong)


def stopped(plan: DecisionPlan, verdicts: tuple[bool, ...]) -> tuple[bool | None, int]:
    """The decision of the plan on these verdicts, and the samples it took."""
    for mark in plan.looks:
        decision = plan.decide(sum(verdicts[:mark]), mark)
        if decision is not None:
            return decision, mark
    return None, plan.n_max


@pytest.mark.parametrize(("limits", "n", "size", "error"), [((0.1, 0.8), 12, 2, 0.05), ((0.3, 0.6), 11, 3, 0.1)])
def test_the_bound_holds_over_every_sequence_of_verdicts(
    limits: tuple[float, float], n: int, size: int, error: float
) -> None:
    plan = decision_plan(Band(*limits), n, size, error)
    wrong, samples = [0] * (n + 1), [0] * (n + 1)
    for verdicts in itertools.product((False, True), repeat=n):
        decision, used = stopped(plan, verdicts)
        right = sum(verdicts)
        wrong[right] += decision != plan.band.has(right, n)
        samples[right] += used
    for step in range(201):
        p = step / 200
        weights = [p**right * (1 - p) ** (n - right) for right in range(n + 1)]
        assert sum(map(float.__mul__, weights, map(float, wrong))) <= plan.bound + 1e-12 <= error + 1e-12
        assert sum(weight * comb(n, right) for right, weight in enumerate(weights)) == pytest.approx(1)
        assert sum(map(float.__mul__, weights, map(float, samples))) <= n
    middle = round(n * sum(limits) / 2)
    assert samples[middle] / comb(n, middle) < 0.9 * n


def test_without_error_only_what_cannot_change_is_decided() -> None:
    plan = decision_plan(Band(0.1, 0.8), 10, 1, 0.0)
    assert plan.bound == 0
    for verdicts in itertools.product((False, True), repeat=10):
        decision, used = stopped(plan, verdicts)
        assert decision == plan.band.has(sum(verdicts), 10)
        rest = {plan.band.has(sum(verdicts[:used]) + more, 10) for more in range(11 - used)}
        assert rest == {decision}


def test_a_decision_always_agrees_with_the_rate_so_far() -> None:
    for limits, n, size in (((0.1, 0.8), 16, 2), ((0.5, 0.5), 8, 1), ((0.0, 0.3), 20, 4), ((0.7, 1.0), 9, 4)):
        plan = decision_plan(Band(*limits), n, size)
        assert plan.stops
        assert all(plan.band.has(right, drawn) == inside for (drawn, right), inside in plan.stops.items())


def test_samples_without_a_verdict_decide_only_what_they_cannot_change() -> None:
    plan = decision_plan(Band(0.1, 0.8), 16, 2)
    assert plan.decide(0, 10) is False
    assert plan.decide(0, 9, 1) is None  # the tenth might have been right
    assert plan.decide(3, 9, 1) is True
    assert plan.decide(0, 12) is False  # a problem of an earlier run with more samples
    assert [plan.decide(right, 14, 2) for right in (0, 7, 12)] == [False, True, False]  # by the rate of the judged ones
    assert plan.decide(0, 0, 16) is None


def test_plans_that_decide_nothing_are_refused() -> None:
    for limits, n, size, words in (
        ((0.0, 1.0), 8, 2, "every rate of 8"),
        ((0.4, 0.45), 4, 2, "no rate of 4"),
        ((0.1, 0.8), 4, 5, "at most"),
        ((0.1, 0.8), 1000, 50, "at most 128"),
    ):
        with pytest.raises(ValueError, match=words):
            decision_plan(Band(*limits), n, size)
