"""Sampling until pass@1 is precise enough: the same end after interruptions, failures and in any order of arrival."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.stub_engine import Stub, StubChecks

from util.engines.base import Sampling
from util.metrics.precision import PrecisionPlan, PrecisionTarget, moments_of
from util.results.store import ResultStore
from util.run.pipeline import generate, run_async
from util.run.precision_outcome import PrecisionOutcome, outcome_of
from util.run.precision_run import before_run, needs_engine, plan_for
from util.run.progress import Progress
from util.run.rows import RowIndex
from util.run.work import Work
from util.system.errors import UserError

RATES = {f"p{number}": (number % 11) / 10 for number in range(33)}
RULES = "rules"
TARGET = PrecisionTarget(0.05, "samples")


def is_right(key: str, index: int) -> bool:
    digest = hashlib.sha256(f"{key}:{index}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < RATES[key]


@contextlib.contextmanager
def work_of(folder: Path) -> Iterator[Work]:
    with RowIndex(((key, {"problem": key}) for key in RATES), folder) as rows:
        yield Work(rows, lambda row: str(row["problem"]), [], [0.7], 1, Sampling(0.7, max_tokens=64), 5)


def run(
    folder: Path, engine: Stub, target: PrecisionTarget = TARGET, checks: StubChecks | None = None, had: int = 1
) -> PrecisionOutcome:
    """One run; what became of its target. had: the number of responses that the settings of the file name."""
    with work_of(folder) as bare, contextlib.closing(ResultStore(folder / "r.json")) as store:
        store.check_settings({"max_tokens": 64})
        store.begin({"settings": {"max_tokens": 64, "n": had}})
        plan = plan_for(target, bare, store)
        work = Work(
            bare.rows, bare.prompt, bare.start, bare.temperatures, plan.most, bare.sampling, bare.seed, precision=plan
        )
        assert before_run(plan, work, store, RULES)
        wanted = needs_engine(plan, work, store, RULES)
        with contextlib.closing(Progress("t", len(work.rows) * plan.most, 0)) as progress:
            run_async(generate(work, store, engine, checks or StubChecks(is_right), RULES, progress))
        assert wanted or not engine.sent
        return outcome_of(work, plan, store, RULES)


def expected(target: PrecisionTarget, first: int, right: Any = is_right) -> tuple[int, str]:
    """(samples per problem, why it ended) by the rule alone."""
    n = first
    while True:
        counts = np.array([sum(right(key, index) for index in range(n)) for key in RATES])
        moments = moments_of(counts, n)
        if target.reached(moments):
            return n, "reached"
        if target.hopeless(moments):
            return n, "out of reach"
        if n >= target.n_max:
            return n, "n-max"
        n = int(target.following(moments))


def samples_of(engine: Stub, n: int) -> bool:
    """Whether an engine was asked for the first n samples of each problem, each once."""
    asked = sorted((sample.key, sample.index) for sample in engine.sent)
    return asked == sorted(itertools.product(RATES, range(n)))


@pytest.mark.parametrize(
    "target",
    [
        TARGET,
        PrecisionTarget(0.03, "samples", n_max=32, round_size=5),
        PrecisionTarget(0.02, "samples", n_max=16),
        PrecisionTarget(0.13),
        PrecisionTarget(0.005),
        PrecisionTarget(0.005, least=6),
    ],
    ids=str,
)
def test_a_run_makes_the_samples_that_the_rule_asks_for_and_no_more(target: PrecisionTarget, tmp_path: Path) -> None:
    engine = Stub(1, window=7)
    outcome = run(tmp_path, engine, target)
    n, ended = expected(target, target.first(len(RATES)))
    assert (outcome.n, outcome.stage.ended, outcome.reached) == (n, ended, ended == "reached")
    assert samples_of(engine, n)
    again = Stub()
    assert run(tmp_path, again, target, had=n) == outcome or n > target.first(len(RATES))
    assert again.sent == []


def test_the_cases_differ() -> None:
    ends = {expected(PrecisionTarget(half, scope, n_max=most), 4)[1] for half, scope, most in (  # type: ignore[arg-type]
        (0.05, "samples", 64), (0.02, "samples", 16), (0.005, "problems", 64),
    )}  # fmt: skip
    assert ends == {"reached", "n-max", "out of reach"}


@pytest.mark.parametrize("deaths", [[40], [1, 90, 100], [131, 1, 50]])
def test_a_run_that_dies_ends_as_one_that_does_not(deaths: list[int], tmp_path: Path) -> None:
    n, ended = expected(TARGET, 4)
    made = 0
    for seed, death in enumerate(deaths):
        engine = Stub(seed, window=5, dies_after=death)
        with pytest.raises(RuntimeError, match="the engine died"):
            run(tmp_path, engine)
        made += death
    last = Stub(9)
    outcome = run(tmp_path, last)
    assert (outcome.n, outcome.stage.ended) == (n, ended)
    assert len(last.sent) == n * len(RATES) - made  # what was finished is not made again


def test_another_target_goes_on_with_what_there_is(tmp_path: Path) -> None:
    first = run(tmp_path, Stub())
    engine = Stub()
    tighter = PrecisionTarget(0.035, "samples")
    outcome = run(tmp_path, engine, tighter, had=first.n)
    assert outcome.reached
    assert outcome.n == expected(tighter, first.n)[0] > first.n
    assert len(engine.sent) == (outcome.n - first.n) * len(RATES)
    looser = Stub()
    back = run(tmp_path, looser, TARGET, had=outcome.n)
    assert (back.n, back.reached, looser.sent) == (outcome.n, True, [])
    lower = run(tmp_path, looser, PrecisionTarget(0.001, "samples", n_max=8), had=outcome.n)
    assert (lower.n, lower.stage.ended, looser.sent) == (outcome.n, "n-max", [])


def test_an_earlier_run_that_is_not_whole_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    """The settings name 16 responses, of which there are fewer: the first decision is after four of each."""
    with pytest.raises(RuntimeError, match="died"):
        run(tmp_path, Stub(3, dies_after=100))
    engine = Stub()
    outcome = run(tmp_path, engine, had=16)
    assert outcome.n == expected(TARGET, 4)[0]
    assert len(engine.sent) == outcome.n * len(RATES) - 100


def test_a_failed_request_ends_the_rounds_and_a_rerun_makes_it(tmp_path: Path) -> None:
    broken = Stub(fails=lambda sample: False if (sample.key, sample.index) == ("p5", 2) else None)
    outcome = run(tmp_path, broken)
    assert (outcome.n, outcome.stage.ended, outcome.stage.missing, outcome.missing) == (0, "", 1, 0)
    assert samples_of(broken, 4)
    assert "1 responses of the first round are missing; rerun" in str(outcome)
    engine = Stub()
    assert run(tmp_path, engine).n == expected(TARGET, 4)[0]
    assert engine.sent[0].key == "p5"


def test_what_fails_for_good_or_has_no_verdict_is_not_right(tmp_path: Path) -> None:
    """As in pass@1 itself."""

    def lost(key: str, index: int) -> bool:
        return (key, index) in {("p3", 0), ("p9", 1)}

    outcome = run(
        tmp_path,
        Stub(fails=lambda sample: True if (sample.key, sample.index) == ("p9", 1) else None),
        checks=StubChecks(is_right, lambda key, index: (key, index) == ("p3", 0)),
    )
    n, ended = expected(TARGET, 4, lambda key, index: is_right(key, index) and not lost(key, index))
    assert (outcome.n, outcome.stage.ended) == (n, ended)


def test_few_problems_have_no_interval_for_their_population(tmp_path: Path) -> None:
    with RowIndex(((key, {"problem": key}) for key in list(RATES)[:4]), tmp_path) as rows:
        work = Work(rows, lambda row: str(row["problem"]), [], [0.7], 1, Sampling(0.7, max_tokens=64), 5)
        with contextlib.closing(ResultStore(tmp_path / "r.json")) as store:
            with pytest.raises(UserError, match=r"at least 5 problems.*--halfwidth-of samples"):
                plan_for(PrecisionTarget(0.02), work, store)
            assert plan_for(TARGET, work, store) == PrecisionPlan(TARGET, 4)
