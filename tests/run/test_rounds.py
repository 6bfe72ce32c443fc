"""Sampling until problems are decided: against fixed runs of the same samples, after interruptions, failures and crashes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.stub_engine import Stub, StubChecks

from util.engines.base import Sampling
from util.metrics.band_rule import Band, DecisionPlan, decision_plan
from util.records import SampleId
from util.results.entries import Entry
from util.results.journal_lines import record_of
from util.results.store import ResultStore
from util.run.decisions import Decisions
from util.run.pipeline import generate, run_async
from util.run.progress import Progress
from util.run.rounds import JournalRounds
from util.run.rows import RowIndex
from util.run.work import Work

PLAN = decision_plan(Band(0.1, 0.8), 16, 2)
RATES = {f"p{number}": number % 11 / 10 for number in range(44)}
RULES = "rules"


def is_right(key: str, index: int) -> bool:
    """The verdict on a sample, as if drawn with its problem's rate."""
    digest = hashlib.sha256(f"{key}/{index}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < RATES[key]


@contextlib.contextmanager
def work_of(folder: Path, plan: DecisionPlan | None, n: int = 16) -> Iterator[Work]:
    with RowIndex(((key, {"problem": key}) for key in RATES), folder) as rows:
        yield Work(rows, lambda row: str(row["problem"]), [], [0.7], n, Sampling(0.7, max_tokens=64), 5, decisions=plan)


def run(
    folder: Path, engine: Stub, plan: DecisionPlan | None = PLAN, checks: StubChecks | None = None, n: int = 16
) -> tuple[dict[str, Entry], Decisions]:
    """One run; the entries of its result file, and its decisions."""
    with work_of(folder, plan, n) as work, contextlib.closing(ResultStore(folder / "r.json")) as store:
        store.check_settings({"max_tokens": 64})
        store.begin({"settings": {"max_tokens": 64}})
        with contextlib.closing(Progress("t", len(work.rows) * n, 0)) as progress:
            run_async(generate(work, store, engine, checks or StubChecks(is_right), RULES, progress))
        counts = Decisions(plan or PLAN)
        return {entry.key: entry for entry in counts.entries(work, store, RULES)}, counts


def expected(key: str, unknown: Any = lambda key, index: False) -> tuple[bool | None, int]:
    """The decision on a problem, and its samples, by the plan alone."""
    for mark in PLAN.looks:
        known = [is_right(key, index) for index in range(mark) if not unknown(key, index)]
        decision = PLAN.decide(sum(known), len(known), mark - len(known))
        if decision is not None:
            return decision, mark
    return None, PLAN.n_max


def check(entries: dict[str, Entry], unknown: Any = lambda key, index: False) -> None:
    for key, entry in entries.items():
        decision, samples = expected(key, unknown)
        texts = [response.content for _, response in entry.samples()]
        assert [text.split("/")[:2] for text in texts] == [[key, str(index)] for index in range(samples)]
        assert entry.pass_rate is not None
        assert entry.pass_rate["decision"] == {True: "inside", False: "outside", None: "not judged"}[decision]
        assert entry.pass_rate["judged"] + entry.pass_rate["unjudged"] == samples


def test_every_problem_gets_the_samples_that_its_decision_needs_and_no_more(tmp_path: Path) -> None:
    engine = Stub(window=200)
    entries, counts = run(tmp_path, engine)
    check(entries)
    assert len(engine.sent) == len(set(engine.sent)) == counts.responses
    assert counts.inside == sum(expected(key)[0] is True for key in RATES)
    assert counts.outside == len(RATES) - counts.inside
    assert counts.responses < 0.75 * 16 * len(RATES)
    assert f"{counts.responses} responses instead of {16 * len(RATES)}" in str(counts)
    again = Stub()
    assert run(tmp_path, again)[0].keys() == entries.keys()
    assert again.sent == []


def test_the_samples_are_the_first_ones_of_a_run_with_fixed_n(tmp_path: Path) -> None:
    entries, _ = run(tmp_path / "rounds", Stub(3))
    fixed, _ = run(tmp_path / "fixed", Stub(4), plan=None)
    for key, entry in entries.items():
        texts = [response.content for _, response in entry.samples()]
        assert texts == [response.content for _, response in fixed[key].samples()][: len(texts)]
    full, _ = run(tmp_path / "rounds", Stub(5), plan=None)  # more of the same file
    assert [r.content for e in full.values() for _, r in e.samples()] == [
        r.content for e in fixed.values() for _, r in e.samples()
    ]


def test_rounds_of_begun_problems_come_before_fresh_problems(tmp_path: Path) -> None:
    engine = Stub(window=4, pause=0.006)  # longer than writing a verdict takes
    run(tmp_path, engine)
    first = {key: place for place, key in reversed(list(enumerate(sample.key for sample in engine.sent)))}
    last = {sample.key: place for place, sample in enumerate(engine.sent)}
    assert sum(last["p0"] < first[key] for key in RATES) > len(RATES) / 2


@pytest.mark.parametrize("seed", range(3))
def test_an_interrupted_run_goes_on_with_the_same_decisions(tmp_path: Path, seed: int) -> None:
    rng, sent = random.Random(seed), []
    for _ in range(200):
        engine = Stub(rng.randrange(1000), window=rng.choice((1, 8, 64)), dies_after=rng.randrange(1, 60))
        try:
            entries, _ = run(tmp_path, engine)
        except RuntimeError:
            drop_verdicts(tmp_path / "r.journal.jsonl", rng)
            continue
        finally:
            sent += engine.sent
        break
    check(entries)


def drop_verdicts(path: Path, rng: random.Random) -> None:
    """As after a crash between responses and their verdicts."""
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if record_of(line.rstrip(b"\n"))["type"] != "verdict" or rng.random() < 0.7]
    path.write_bytes(b"".join(kept))


def test_problems_with_a_failed_response_wait_for_a_rerun(tmp_path: Path) -> None:
    def fails(sample: SampleId) -> bool | None:
        return False if sample.index == 3 and sample.key in ("p5", "p10") else None

    entries, counts = run(tmp_path, Stub(fails=fails))
    assert counts.unfinished == 2
    assert len(list(entries["p5"].samples())) == 4
    assert "2 not decided, rerun to go on" in str(counts)
    entries, counts = run(tmp_path, Stub())
    check(entries)
    assert counts.unfinished == 0


def test_what_failed_for_good_or_cannot_be_judged_is_no_verdict(tmp_path: Path) -> None:
    def unknown(key: str, index: int) -> bool:
        return (key in ("p0", "p16", "p5") and index in (1, 6)) or key == "p7"

    entries, counts = run(tmp_path / "a", Stub(), checks=StubChecks(is_right, unknown))
    check(entries, unknown)
    assert counts.unjudged == 1
    assert entries["p7"].pass_rate is not None
    assert entries["p7"].pass_rate["rate"] is None
    entries, counts = run(tmp_path / "b", Stub(fails=lambda s: True if unknown(s.key, s.index) else None))
    assert {key: len(list(e.samples())) for key, e in entries.items()} == {k: expected(k, unknown)[1] for k in RATES}
    assert counts.unjudged == 1
    assert expected("p0", unknown)[1] > expected("p0")[1]  # an unknown verdict may have been another


def test_samples_of_an_earlier_run_with_fixed_n_are_used(tmp_path: Path) -> None:
    run(tmp_path, Stub(), plan=None, n=4)
    engine = Stub()
    entries, counts = run(tmp_path, engine)
    assert all(sample.index >= 4 for sample in engine.sent)
    assert {key: len(list(entry.samples())) for key, entry in entries.items()} == {
        key: max(4, expected(key)[1]) for key in RATES
    }
    assert counts.inside == sum(expected(key)[0] is True for key in RATES)


def test_an_engine_is_needed_only_while_something_is_open(tmp_path: Path) -> None:
    def is_open() -> bool:
        with work_of(tmp_path, PLAN) as work, contextlib.closing(ResultStore(tmp_path / "r.json")) as store:
            store.check_settings({"max_tokens": 64})
            return JournalRounds(work, PLAN, store, RULES).any_open()

    with pytest.raises(RuntimeError):
        run(tmp_path, Stub(dies_after=300))
    assert is_open()
    run(tmp_path, Stub())
    assert not is_open()
    path = tmp_path / "r.journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if json.loads(line.split("\t")[0])["type"] == "verdict")
    path.write_text("".join(lines[:last] + lines[last + 1 :]))
    assert is_open()  # its verdict may open a round
