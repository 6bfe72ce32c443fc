"""When a run has a score, and how reasons are grouped."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import pytest

from util.metrics import reasons as grouped
from util.metrics.reasons import Cause, Reasons
from util.metrics.table import write_csv
from util.metrics.tally import Tally
from util.metrics.validity import RunOutcome
from util.records import NO_GOLD, Response, Verdict
from util.results.entries import Entry
from util.system.arguments import share_or_percent


@pytest.mark.parametrize(
    ("outcome", "limit", "words"),
    [
        (RunOutcome(0), 1.0, "there are no responses"),
        (RunOutcome(20, failed=1), 0.05, None),
        (RunOutcome(20, failed=1), 0.0, "1 of 20 responses (5%) failed, more than --max-failed 0%"),
        (RunOutcome(19, failed=1), 0.05, "1 of 19 responses (5.26%) failed, more than --max-failed 5%"),
        (RunOutcome(20, unjudged=2), 0.05, "2 of 20 responses (10%) have no verdict, more than --max-failed 5%"),
        (RunOutcome(20, failed=1, unjudged=1), 0.05, "2 of 20 responses (10%) failed or have no verdict, more than"),
        (RunOutcome(100, failed=29), 0.29, None),
        (RunOutcome(262, unjudgeable=31), 0.05, None),
        (RunOutcome(3, failed=3), 1.0, "3 of 3 responses (100%) failed"),
        (RunOutcome(3, unjudgeable=3), 1.0, "3 of 3 responses (100%) have no verdict"),
        (RunOutcome(3, failed=1, unjudged=1, unjudgeable=1), 1.0, "3 of 3 responses (100%) failed or have no verdict"),
    ],
)
def test_too_many_failures_or_nothing_at_all_is_no_score(outcome: RunOutcome, limit: float, words: str | None) -> None:
    found = outcome.no_score(limit)
    assert found is None if words is None else found is not None and found.startswith(words)


def test_what_does_not_stop_a_score_is_said() -> None:
    said = RunOutcome(40, failed=1, unjudged=1, unjudgeable=4).remark()
    assert said == (
        "2 of 40 responses (5%) failed or have no verdict; "
        "4 of 40 responses (10%) cannot be judged by this dataset's data"
    )
    assert RunOutcome(40).remark() == ""


@pytest.mark.parametrize(("text", "share"), [("0.05", 0.05), ("5%", 0.05), ("5 %", 0.05), ("0", 0), ("100%", 1), ("29%", 0.29)])  # fmt: skip
def test_a_limit_is_a_share_or_a_percentage(text: str, share: float) -> None:
    assert share_or_percent(text) == share


@pytest.mark.parametrize("text", ["5", "-1%", "101%", "nan", "%", "a few"])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="share from 0 to 1, or a percentage"):
        share_or_percent(text)


def failed(error: str, *, final: bool = True) -> Response:
    return Response(content="", finish_reason="error", error=error, final=final)


def judged(correct: bool | None, reason: str) -> Response:
    return Response(content="x", verdict=Verdict(correct, reason))


def tally_of(*responses: Response) -> Tally:
    tally = Tally()
    for number, response in enumerate(responses):
        tally.add(Entry(f"q{number}", {}, None, {0.7: [response]}))
    return tally


def test_messages_that_differ_in_numbers_and_ids_are_one_kind() -> None:
    found = list(
        tally_of(
            failed("prompt of 4100 tokens (request req_8a61f2)"),
            failed("prompt of 4,200 tokens (request req_77ab01)"),
            failed("API status 400: no"),
            failed("API status 503: no", final=False),
            failed("API status 500: no", final=False),
            failed("prompt of 1 tokens (request 3f2a9c01-77aa-4c1e-9d0e-1f2a3b4c5d6e)"),
        ).reasons
    )
    assert [(reason.cause, reason.count) for reason in found] == [
        (Cause.FINAL, 3), (Cause.FINAL, 1), (Cause.RETRIABLE, 1), (Cause.RETRIABLE, 1),
    ]  # fmt: skip
    assert found[0].example == "prompt of 4100 tokens (request req_8a61f2)"


def test_the_memory_of_reasons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped, "MAX_KINDS", 3)
    reasons = Reasons()
    for letter in "abcdefg":
        reasons.add(Cause.FINAL, letter * 100_000)
    found = list(reasons)
    assert [reason.count for reason in found] == [4, 1, 1, 1]
    assert found[0].example.startswith("other reasons")
    assert max(len(reason.example) for reason in found) <= grouped.MAX_LENGTH


def test_nulls_of_the_dataset_and_of_the_checker_are_told_apart() -> None:
    tally = tally_of(
        judged(True, "right"), judged(False, "wrong"), judged(None, NO_GOLD), judged(None, "not judgeable: no tests"),
        judged(None, "checker fault: ValueError: oh"), Response(content="x"), failed("down", final=False),
    )  # fmt: skip
    found = tally.outcome()
    assert (found.total, found.failed, found.unjudged, found.unjudgeable, found.retriable) == (7, 1, 2, 2, 3)
    generated = tally.outcome(judged=False, missing=2)
    assert (generated.total, generated.failed, generated.unjudged, generated.unjudgeable) == (9, 3, 0, 0)
    assert {reason.cause for reason in generated.reasons} == {Cause.RETRIABLE}
    assert tally.total.unjudged == 5  # as before: with the failed ones


def test_a_table_has_no_value_where_there_is_no_score(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    path = tmp_path / "r.json"
    write_csv(
        file,
        [("A", tally_of(judged(True, "")), path, None), ("B", tally_of(failed("x")), path, "why"), ("C", Tally(), path, "none")],
    )  # fmt: skip
    lines = list(csv.DictReader(file.open()))
    assert [(line["benchmark"], line["value"], line["no_score"]) for line in lines] == [
        ("A", "1.0000", ""), ("B", "", "why"), ("C", "", "none"),
    ]  # fmt: skip
    assert lines[1]["failed"] == "1.0000"
    assert {line["result_file"] for line in lines} == {str(path)}
