"""The ledger: what all runs of a journal have cost, killed ones included; and what a raised token limit makes again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from util.records import Increment, Response, SampleId, Usage
from util.results.ledger import ledger_of
from util.results.pace import Pace
from util.results.store import ResultStore
from util.system.errors import UserError

PATH = "m_X_test_all_0_-1.json"
SETTINGS = {"model": "m", "max_tokens": 100, "n": 1, "temperatures": ["0"]}


def response(tokens: int = 40, prompt: int = 10, **fields: object) -> Response:
    return Response(content="text", usage=Usage(prompt, tokens), **fields)  # type: ignore[arg-type]


def opened(folder: Path, **changes: object) -> ResultStore:
    store = ResultStore(folder / PATH)
    settings = SETTINGS | changes
    store.check_settings(settings)
    store.begin({"settings": settings, "engine": {"price": [1.0, 2.0]}})
    return store


def totals(folder: Path) -> tuple[int, int, int]:
    """(prompt, completion, lost) as the next run sees them; a reader of the file alone sees the same."""
    with contextlib.closing(ResultStore(folder / PATH)) as store:
        found = store.ledger
    alone = ledger_of(store.paths.journal)
    assert (alone.prompt_tokens, alone.completion_tokens) == (found.prompt_tokens, found.completion_tokens)
    return found.prompt_tokens, found.completion_tokens, found.lost


def test_answers_failures_and_what_was_in_flight_are_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("util.results.spending_log.moment", lambda: 1000.0)  # all at once: times say nothing
    monkeypatch.setattr("util.results.store.moment", lambda: 1000.0)
    store = opened(tmp_path)
    first, second, third = (SampleId(f"q{i}") for i in range(3))
    for sample in (first, second, third):
        assert store.spending.sent(sample, 10)
    store.add(first, response())
    store.add(first, response(logprob=-1.0))  # a new version, for which nothing was paid
    store.spending.paid(second, Usage(10, 7, {"estimated": True}))
    store.spending.sent(second, 10)  # again; this attempt was refused, and the next one sent
    store.spending.sent(second, 10)
    store.close()  # as if killed: the second and the third are in flight
    # An answer of 40 tokens is 20 tokens long at a random moment.
    assert totals(tmp_path) == (10 + 10 + 10 + 10, 40 + 7 + 20 + 20, 2)
    assert ledger_of(store.paths.journal).price == (1.0, 2.0)
    store = opened(tmp_path)
    store.spending.sent(second, 10)
    store.add(second, response(60))
    store.add(third, Response(content="", finish_reason="error", error="no", usage=Usage(99, 99), final=False))
    store.close()
    # What failed attempts cost was reported as they failed: the failure's own sum adds nothing. With answers of 40 and of
    # 60 tokens, one at a random moment is 5200 / 200 tokens long.
    assert totals(tmp_path) == (50, 40 + 7 + 60 + 26 + 26, 2)


def test_an_unfinished_answer_is_judged_by_the_time_it_had() -> None:
    pace = Pace()
    for number in range(20):  # one second until an answer begins, then ten tokens a second
        tokens = 10 * (number % 5 + 1)
        pace.answer(tokens, 1 + tokens / 10)
    found = [pace.completion_tokens(seconds) for seconds in (0.5, 1.0, 2.5, 4.0, 1000.0, None)]
    # The last two: a whole answer that is in flight at a random moment has E[L^2] / E[L] tokens, half of them so far.
    assert found == pytest.approx([0, 0, 15, 30, 1100 / 30, 550 / 30])


def test_prompts_in_flight_count_as_the_server_counts(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for key in ("answered", "in flight"):
        store.spending.sent(SampleId(key), 10)
    store.add(SampleId("answered"), response(prompt=15))
    store.close()
    assert totals(tmp_path)[0] == 15 + 15


def test_a_run_dies_some_time_after_its_last_line() -> None:
    pace = Pace()
    for gap in (0.0, 4.0):
        pace.gap(gap)
    assert pace.silence == 2.0  # it died between two lines that are four seconds apart
    assert Pace().completion_tokens(5.0) == Pace().silence == 0.0


def test_responses_of_older_journals_are_counted(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add(SampleId("q0"), response())
    store.add(SampleId("q1"), Response(content="", finish_reason="error", error="no", usage=Usage(9, 3), final=False))
    store.close()
    assert totals(tmp_path) == (19, 43, 0)


def test_a_raised_token_limit_makes_again_what_it_had_cut(tmp_path: Path) -> None:
    store = opened(tmp_path)
    made = {
        "whole": response(), "cut": response(100, finish_reason="length"),
        "repeats": response(100, finish_reason="repetition"),
        "context": response(80, finish_reason="length", extra={"max_tokens": 80}),
        "failed": Response(content="", finish_reason="error", error="prompt of 200 tokens"),
    }  # fmt: skip
    for key, each in made.items():
        store.add(SampleId(key), each)
    store.close()
    store = opened(tmp_path, max_tokens=200)
    assert {key for key in made if not store.finished(SampleId(key))} == {"cut", "failed"}
    assert store.grown() == 2
    store.add(SampleId("cut"), response(150, finish_reason="length"))
    store.close()
    store = opened(tmp_path, max_tokens=200)
    assert {key for key in made if not store.finished(SampleId(key))} == {
        "failed"
    }  # the other was made with 200 tokens
    store.close()
    with (
        contextlib.closing(ResultStore(tmp_path / PATH)) as store,
        pytest.raises(UserError, match="max-tokens was 200"),
    ):
        store.check_settings(SETTINGS)


def test_settings_may_change_as_long_as_nothing_has_a_text(tmp_path: Path) -> None:
    store = opened(tmp_path, request_args={"foo": 1})
    store.add(SampleId("q"), Response(content="", finish_reason="error", error="unknown field foo"))
    assert store.finished(SampleId("q"))
    store.close()
    store = opened(tmp_path, request_args={})
    assert not store.finished(SampleId("q"))
    store.add(SampleId("q"), response())
    store.close()
    with (
        contextlib.closing(ResultStore(tmp_path / PATH)) as store,
        pytest.raises(UserError, match=r"request-args was \{\}"),
    ):
        store.check_settings(SETTINGS | {"request_args": {"foo": 1}})


def test_nothing_is_sent_once_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("util.results.journal.os.write", full)
    store.add(SampleId("q0"), response())
    assert not store.spending.sent(SampleId("q1"), 10)
    monkeypatch.undo()
    store.close()


def test_what_a_killed_run_has_kept_is_counted_and_nothing_twice(tmp_path: Path) -> None:
    first, second = SampleId("q0"), SampleId("q1")

    def run() -> ResultStore:
        store = ResultStore(tmp_path / PATH, partial_tokens=8)
        store.check_settings(SETTINGS)
        store.begin({"settings": SETTINGS, "partial_tokens": 8})
        return store

    store = run()
    for sample in (first, second):
        store.spending.sent(sample, 10)
        store.partials.append(sample, "r", Increment([7] * 30, start=0))  # type: ignore[union-attr]
    store.close()  # as if killed; of each up to 8 tokens more were on their way
    assert totals(tmp_path) == (20, 2 * (30 + 4), 2)
    store = run()
    store.spending.sent(first, 40, 30)
    store.partials.append(first, "r", Increment([7] * 20, [30], start=30))  # type: ignore[union-attr]
    store.close()
    assert totals(tmp_path) == (20 + 40, 2 * 34 + (20 + 4), 3)
    store = run()
    store.spending.sent(first, 60, 50)
    store.add(first, response(60, continued=(30, 50)), paid={"prompt_tokens": 60, "completion_tokens": 10})
    store.close()
    assert totals(tmp_path) == (20 + 40 + 60, 2 * 34 + 24 + 10, 3)
