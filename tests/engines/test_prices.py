"""Prices, estimates and the budget of a run."""

from __future__ import annotations

import pytest
from support.api_engine import requests

from util.engines.base import Outlay
from util.engines.prices import FIRST_COMPLETION, Budget, estimate, estimated_tokens, price_of
from util.records import Usage
from util.system.errors import UserError


def test_prices_are_found_by_model_and_dated_variant() -> None:
    assert price_of("gpt-4o-mini-2024-07-18") == price_of("gpt-4o-mini") == (0.15, 0.60)
    assert price_of("my-own-model") is None


def test_an_estimate_says_whether_it_is_a_bound() -> None:
    expected = estimate(requests(100), Budget((1.0, 1.0)), lambda request: 1000)
    assert expected.requests == 100
    assert expected.completion_tokens == 100 * 50  # never more than max_tokens
    assert "about $" in str(expected)
    bound = estimate(requests(2), Budget((1.0, 1.0)))
    assert bound.completion_tokens == 100
    assert "at most 100 completion tokens" in str(bound)
    assert "at most $" in str(bound)
    assert "price unknown (set --price-input and --price-output)" in str(estimate(requests(1), Budget()))


def test_usage_is_the_bill() -> None:
    budget = Budget((0.15, 0.60))
    budget.spend(Usage(1_000_000, 1_000_000))
    assert budget.spent == pytest.approx(0.75)
    budget.spend(Usage())  # an answer that does not say what it took
    assert budget.answers == 1
    assert "$0.75" in budget.summary()
    assert "price unknown" in Budget().summary()


def test_a_reservation_follows_the_mean_once_there_are_answers() -> None:
    [request] = requests(1, max_tokens=10_000)
    budget = Budget((0.0, 1.0))
    assert budget.reserve(request, estimated_tokens(request)) == pytest.approx(FIRST_COMPLETION / 1e6)
    assert Budget((0.0, 1.0), expected=lambda request: 7).reserve(request, estimated_tokens(request)) == pytest.approx(
        7 / 1e6
    )
    budget.spend(Usage(1, 100))
    budget.spend(Usage(1, 300))
    assert budget.reserve(request, estimated_tokens(request)) == pytest.approx(200 / 1e6)
    assert budget.outlay(2) == Outlay(budget.spent, 402, projected=2 * budget.spent)


def test_no_reservation_exceeds_the_limit_unless_it_was_sent_before() -> None:
    [request] = requests(1)
    budget = Budget((0.0, 1.0), limit=60 / 1e6)
    planned = budget.reserve(request, estimated_tokens(request))
    with pytest.raises(UserError, match="--max-cost"):
        budget.reserve(request, estimated_tokens(request))
    budget.reserve(request, estimated_tokens(request), sent_before=True)
    budget.release(planned)
    budget.release(planned)
    assert budget.reserve(request, estimated_tokens(request)) == planned
