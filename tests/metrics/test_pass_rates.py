"""Pass rates of problems, in result files and in reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.report_data import make
from support.scripts import results_in

from util.metrics.intervals import share_estimate
from util.metrics.pass_rates import PassRate, pass_rate, with_pass_rate
from util.metrics.tally import Tally
from util.records import Response, Verdict
from util.report import write_report
from util.results.entries import Entry, entry_of, fields_of
from util.results.json_file import read_results, write_results
from util.results.judged_by import row_hash


def responses(*verdicts: bool | None) -> list[Response]:
    return [Response(content=str(i), verdict=Verdict(correct, "r")) for i, correct in enumerate(verdicts)]


def test_responses_without_a_verdict_count_neither_as_right_nor_as_wrong() -> None:
    found = pass_rate([*responses(True, False, None, False), Response(content="")])
    assert found == PassRate(1, 3, 2)
    assert found.value == pytest.approx(1 / 3)
    assert found + PassRate(1, 1, 0) == PassRate(2, 4, 2)
    assert PassRate(0, 0, 3).value == 0.0


def test_a_result_file_has_the_rate_with_its_interval_and_reads_back_the_same_row(tmp_path: Path) -> None:
    row = {"problem": "q", "answer": "1"}
    entry = with_pass_rate(Entry("q", row, "p", {0.7: responses(True, False, None), 1.0: responses(True)}))
    path = tmp_path / "m_MATH500_test_all_0_-1.json"
    write_results(path, [entry])
    interval = share_estimate(2, 3)
    assert results_in(path)["q"]["pass_rate"] == {
        "right": 2, "judged": 3, "unjudged": 1, "rate": 0.6667, "low": round(interval.low, 4), "high": round(interval.high, 4),
    }  # fmt: skip
    (read,) = read_results(path)
    assert read.row == row
    assert row_hash(read.row) == row_hash(row)  # verdicts stay bound to the row


def test_a_single_response_or_none_with_a_verdict_has_no_rate() -> None:
    for found in ({0.7: responses(True)}, {0.7: [Response(content="a"), Response(content="b")]}, {}):
        assert "pass_rate" not in fields_of(with_pass_rate(Entry("q", {}, None, found)))
    rate = with_pass_rate(Entry("q", {}, None, {0.7: responses(None, None)})).pass_rate
    assert rate is not None
    assert (rate["rate"], rate["low"], rate["unjudged"]) == (None, None, 2)


@pytest.mark.parametrize("own", [0.25, {"llama": 0.5}, None])
def test_a_column_of_the_dataset_with_this_name_stays(own: Any) -> None:
    fields = {"problem": "q", "pass_rate": own, "responses": {"0.7": ["a", "b"]}, "token_usages": {}}
    entry = entry_of("q", fields, "")
    assert entry.row["pass_rate"] == own
    assert fields_of(with_pass_rate(Entry("q", entry.row, None, {0.7: responses(True, True)})))["pass_rate"] == own


def test_a_report_shows_how_the_rates_are_distributed(tmp_path: Path) -> None:
    path = make(tmp_path / "m_MATH500_test_all_0_-1.json", 30, 8, hostile=False)
    tally = Tally()
    for entry in read_results(path):
        tally.add(entry)
    assert len(tally.rates) == 30
    assert min(tally.rates) >= 0
    assert max(tally.rates) <= 1
    write_report(tmp_path / "r.html", [path], "command")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Pass rates of 30 problems" in page
    assert 'aria-label="pass rates of the problems of' in page


def test_benchmarks_of_one_response_per_problem_have_no_chart_of_rates(tmp_path: Path) -> None:
    path = make(tmp_path / "m_MATH500_test_all_0_-1.json", 5, 1, hostile=False)
    write_report(tmp_path / "r.html", [path], "command")
    assert "Pass rates of" not in (tmp_path / "r.html").read_text(encoding="utf-8")
