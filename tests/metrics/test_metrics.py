"""Metrics against enumeration, closed forms and simulation."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

import pytest

from util.metrics.estimators import all_of_k, ballots, best_of_n, cons_at_k, majority, pass_at_k
from util.metrics.intervals import mcnemar, mean_estimate, paired, share_estimate
from util.metrics.tally import Tally, problem_metrics, sizes
from util.records import Response
from util.results.entries import entry_of, response_of

np = pytest.importorskip("numpy")


@pytest.mark.parametrize("n", range(1, 7))
def test_pass_at_k_and_all_of_k_equal_enumeration(n: int) -> None:
    for right in range(n + 1):
        samples = [True] * right + [False] * (n - right)
        for k in range(1, n + 1):
            subsets = list(combinations(samples, k))
            assert pass_at_k(n, right, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
            assert all_of_k(n, right, k) == pytest.approx(sum(map(all, subsets)) / len(subsets))


def test_pass_at_1_is_the_mean_for_any_number_of_samples() -> None:
    """A known fault elsewhere: pass@1 halves for n > 8."""
    for n in (1, 7, 8, 9, 64, 1000):
        assert pass_at_k(n, n // 3, 1) == pytest.approx((n // 3) / n)


def response(answer: str | None, correct: bool | None, tokens: int = 0, **more: Any) -> Response:
    fields = {"content": "x", "correctness": correct, "finish_reason": "stop", "evidence": {"answer": answer}}
    return response_of(fields | more, {"completion_tokens": tokens} if tokens else None)


def test_equivalent_answers_vote_together() -> None:
    """1/2 and 0.5 are one wrong answer with three votes; the right one has two."""
    half = [response(text, False) for text in (r"\frac{1}{2}", "0.5", "1/2")]
    right = [response("2", True), response("2.0", True)]
    metrics = problem_metrics([*right, *half], None)
    assert metrics["pass@1"] == pytest.approx(0.4)
    assert metrics["cons@5"] == 0
    assert problem_metrics([*right, *half[:1], response("7", False)], None)["cons@4"] == 1
    # Two against two: the first place is split.
    assert problem_metrics([*right, *half[:2]], None)["cons@4"] == 0.5


def test_who_does_not_vote() -> None:
    """No answer, not judged, truncated; without any vote nothing is agreed on."""
    silent = [
        response(None, False),
        response("3", None),
        response_of({"content": "x", "correctness": False, "finish_reason": "length"}),
    ]
    assert ballots([*silent, response("1", True)], lambda a, b: a == b) == [-1, -1, -1, 0]
    assert problem_metrics(silent, None)["cons@3"] == 0
    assert problem_metrics([*silent, response("1", True)], None)["cons@4"] == 1
    code = [response_of({"content": "x", "correctness": True, "evidence": {"test": 1}})] * 2
    assert "cons@2" not in problem_metrics(code, None)


def test_cons_at_k_equals_enumeration_and_is_stable_beyond_it() -> None:
    votes = [0, 0, 1, 1, 1, 2, -1]
    for k in range(1, 8):
        subsets = list(combinations(votes, k))
        assert cons_at_k(votes, k) == pytest.approx(sum(map(majority, subsets)) / len(subsets))
    many = [0] * 12 + [1] * 10 + [2] * 10
    assert comb(32, 8) > 500
    assert cons_at_k(many, 8) == cons_at_k(many, 8)
    assert cons_at_k(many, 1) == pytest.approx(12 / 32)


def test_best_of_n_by_each_scorer() -> None:
    responses = [
        response("1", True, 10, logprob=-30.0, reward=0.1),
        response("2", False, 20, logprob=-10.0, reward=0.9),
        response("1", True, 20, logprob=-40.0, reward=0.9),
        response("9", False, 1, logprob=-1.0, reward=5.0, finish_reason="length"),
    ]
    votes = ballots(responses, lambda a, b: a == b)
    assert best_of_n("shortest", responses, votes) == 1  # the truncated one is not chosen
    assert best_of_n("longest", responses, votes) == 0.5  # two tie, one of them is right
    assert best_of_n("logprob", responses, votes) == 0  # -0.5 a token
    assert best_of_n("reward", responses, votes) == 0.5
    assert best_of_n("majority", responses, votes) == 1
    assert best_of_n("reward", [response("1", True)], None) is None  # no reward is known
    assert best_of_n("shortest", responses[3:], None) == 0


def test_scores_that_are_missing_or_no_numbers_lose() -> None:
    """A reward model refused one response; a log-probability overflowed."""
    asked = {"reward_model": "judge"}
    responses = [response("1", True, reward=None, **asked), response("2", False, reward=0.2, **asked)]
    assert best_of_n("reward", responses, None) == 0
    assert best_of_n("reward", responses[:1], None) == 0
    overflow = [response("1", True, 3, logprob=float("nan")), response("2", False, 3, logprob=-3.0)]
    assert best_of_n("logprob", overflow, None) == 0


@pytest.mark.parametrize("problems", [30, 500])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_one_sample_a_problem_is_covered_exactly(problems: int, rate: float) -> None:
    """No simulation is needed: every outcome with its probability."""
    inside = [
        comb(problems, right) * rate**right * (1 - rate) ** (problems - right)
        for right in range(problems + 1)
        if (e := mean_estimate([1.0] * right + [0.0] * (problems - right), problems)).low <= rate <= e.high
    ]
    assert 0.93 <= sum(inside) <= 0.97


@pytest.mark.parametrize("spread", [None, 4.0])
@pytest.mark.parametrize("problems", [30, 500])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 8])
def test_coverage_in_simulation(problems: int, rate: float, n: int, spread: float | None) -> None:
    """Problems that are alike, and problems whose rates differ (a beta distribution)."""
    rng = np.random.default_rng(7)
    runs = 20_000 if problems == 30 else 4000
    shape = (runs, problems)
    rates = np.full(shape, rate) if spread is None else rng.beta(spread * rate, spread * (1 - rate), shape)
    inside = 0
    for row in rng.binomial(n, rates) / n:
        estimate = mean_estimate(row.tolist(), n * problems)
        inside += estimate.low <= rate <= estimate.high
    noise = 2 * (0.95 * 0.05 / runs) ** 0.5
    assert 0.93 - noise <= inside / runs <= 0.97 + noise


@pytest.mark.parametrize("problems", [4, 5, 8])
@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_intervals_of_few_problems_cover(problems: int, rate: float) -> None:
    """Many samples of few problems whose rates differ: a normal quantile would cover only 85 % to 91 %."""
    rng, runs, samples = np.random.default_rng(7), 5000, 32
    rates = rng.beta(4 * rate, 4 * (1 - rate), (runs, problems))
    inside = 0
    for row in rng.binomial(samples, rates) / samples:
        estimate = mean_estimate(row.tolist(), samples * problems)
        inside += estimate.low <= rate <= estimate.high
    assert 0.93 <= inside / runs <= 0.98


def test_the_interval_of_five_problems_by_hand() -> None:
    """The variance of the mean is 0.03125, so 0.5 x 0.5 / 0.03125 = 8 independent samples.

    Student's t with 4 degrees of freedom makes them 8 x (1.959964 / 2.776445)^2 = 3.98668 (both quantiles from tables).
    """
    from scipy.stats import beta

    estimate = mean_estimate([0.0, 0.25, 0.5, 0.75, 1.0], 40)
    shape = 3.98668 / 2 + 0.5
    assert (estimate.low, estimate.high) == pytest.approx(tuple(beta.ppf([0.025, 0.975], shape, shape)), abs=1e-4)
    assert estimate.high - estimate.low > 0.7


def test_wilsons_interval_would_cover_too_much() -> None:
    """Why it is not used: with 30 problems and a rate of 0.1 it holds 0 to 6 right ones."""
    z, n, p = 1.959964, 30, 0.1
    inside = [x for x in range(n + 1) if abs(x / n - p) <= z * (p * (1 - p) / n) ** 0.5]
    assert inside == [*range(7)]
    assert sum(comb(n, x) * p**x * (1 - p) ** (n - x) for x in inside) > 0.97


def test_intervals_at_the_edges() -> None:
    assert share_estimate(0, 30).low == 0
    assert share_estimate(30, 30).high == 1
    assert share_estimate(0, 0).high == 1
    alike = mean_estimate([0.5] * 30, 240)
    assert 0.3 < alike.low < 0.5 < alike.high < 0.7
    assert mean_estimate([1.0], 8).low < 0.3  # one problem says little of others
    aime = share_estimate(13, 30)
    assert (round(aime.low, 2), round(aime.high, 2)) == (0.27, 0.61)


def test_more_samples_of_the_same_problems_are_no_more_problems() -> None:
    """Problems that are always or never solved: 8 samples of each tell what one told."""
    values = [1.0] * 15 + [0.0] * 15
    once, often = mean_estimate(values, 30), mean_estimate(values, 240)
    assert often.high - often.low >= once.high - once.low


def test_paired_comparisons() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(8, 1) == pytest.approx(2 * (comb(9, 0) + comb(9, 1)) / 2**9)
    for better, worse in ((3, 0), (40, 61), (150, 150), (10, 400)):
        tail = sum(comb(better + worse, few) for few in range(min(better, worse) + 1))
        assert mcnemar(better, worse) == pytest.approx(min(1, 2 * tail / 2 ** (better + worse)), rel=1e-9)
    assert mcnemar(25_000, 25_000) == 1  # as many as a file of 1 GB has; exact fractions took minutes
    first = [1.0] * 10 + [0.0] * 20
    second = [1.0] * 18 + [0.0] * 12
    found = paired(first, second)
    assert found.value == pytest.approx(8 / 30)
    assert found.test == "McNemar, exact"
    assert found.p == pytest.approx(2 / 2**8)
    assert found.low > 0
    assert paired(first, first).p == 1
    several = paired([0.25, 0.5, 0.75] * 10, [0.5, 0.5, 1.0] * 10)
    assert several.test == "random signs"
    assert several.p < 0.01
    assert several == paired([0.25, 0.5, 0.75] * 10, [0.5, 0.5, 1.0] * 10)


def tallied(tally: Tally, **fields: Any) -> None:
    tally.add(entry_of("a problem", fields, "here"))


def test_a_tally_counts_rates_groups_and_yield() -> None:
    tally = Tally("shortest")
    for number in range(20):
        tallied(
            tally,
            level=1 + number % 2,
            source="one",
            responses={
                "0.7": [
                    {"content": "x", "correctness": number < 12, "evidence": {"answer": "1"}},
                    {"content": "x", "correctness": False, "evidence": {"answer": "2"}},
                ],
                "0": [{"content": "x", "correctness": False, "reason": "no final answer found"}],
            },
            token_usages={"0.7": [{"completion_tokens": 5}, {"completion_tokens": 9}], "0": [{}]},
        )
    tallied(tally, responses={"0": [{"content": "", "correctness": None, "finish_reason": "error"}], "0.7": []})
    assert tally.temperatures == [0.0, 0.7]
    metrics = tally.metrics(0.7)
    assert list(metrics) == ["pass@1", "pass@2", "cons@2", "all@2", "best@2 by shortest"]
    assert metrics["pass@1"].value == pytest.approx(0.3)
    assert metrics["best@2 by shortest"].value == metrics["pass@2"].value == pytest.approx(0.6)
    counts = tally.by_temperature[0.0]
    assert (counts.total, counts.no_answer, counts.failed, counts.unjudged) == (21, 20, 1, 1)
    assert (tally.solved, tally.problems) == (12, 21)
    groups = tally.groups()
    assert list(groups) == ["level"]  # one source tells nothing apart
    assert [e.problems for e in groups["level"].values()] == [10, 10]
    assert tally.total.total == 61


def test_problems_without_any_answer_lose_the_vote() -> None:
    """One problem whose samples are all cut off must not hide the vote of the others."""
    tally = Tally("majority")
    cut = {"content": "x", "correctness": False, "finish_reason": "length"}
    right = {"content": "x", "correctness": True, "evidence": {"answer": "1"}}
    tallied(tally, responses={"1": [cut, cut]})
    tallied(tally, responses={"1": [right, right]})
    metrics = tally.metrics(1.0)
    assert list(metrics) == ["pass@1", "pass@2", "cons@2", "all@2", "best@2 by majority"]
    assert metrics["cons@2"].value == metrics["best@2 by majority"].value == 0.5
    tallied(tally, responses={"1": [cut]})  # too few samples for k = 2
    assert list(tally.metrics(1.0)) == ["pass@1"]


def test_which_k_are_given() -> None:
    assert [sizes(n) for n in (1, 2, 5, 8)] == [[1], [1, 2], [1, 2, 4, 5], [1, 2, 4, 8]]
