"""The audit: what it reads, which kind each pair of verdicts is, its table and its page."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path

import pytest

from util.answers.__main__ import main
from util.answers.audit import (
    AGREED,
    KINDS,
    OURS_NULL,
    OURS_ONLY,
    THEIRS_NULL,
    THEIRS_ONLY,
    UNPROVEN,
    AuditItem,
    AuditRow,
    as_csv,
    audited,
    counted,
    items_of,
)
from util.answers.audit_page import page
from util.answers.second_opinion import Opinion, SecondOpinion
from util.records import Response, Verdict
from util.results.entries import Entry
from util.results.json_file import write_results
from util.system.errors import UserError

needs_math_verify = pytest.mark.skipif(
    importlib.util.find_spec("math_verify") is None, reason="math-verify is not installed"
)


def row(ours: bool | None, theirs: bool | None, layer: str = "exact", text: str = "<b>7</b>") -> AuditRow:
    verdict = Verdict(ours, "a reason", {"answer": text, "layer": layer})
    return AuditRow(AuditItem("line 1", "7", text, True), verdict, Opinion(theirs, "7 <equals> 7"))


@pytest.mark.parametrize(
    ("ours", "theirs", "layer", "kind"),
    [
        (True, False, "exact", OURS_ONLY), (False, True, "exact", THEIRS_ONLY), (None, True, "", OURS_NULL), (None, None, "", OURS_NULL),
        (True, None, "exact", THEIRS_NULL), (True, True, "points", UNPROVEN), (True, True, "rounding", UNPROVEN), (True, True, "text", AGREED),
        (False, False, "points", AGREED), (True, False, "rounding", OURS_ONLY),
    ],
)  # fmt: skip
def test_kinds(ours: bool | None, theirs: bool | None, layer: str, kind: str) -> None:
    assert row(ours, theirs, layer).kind == kind


def test_lines_of_pairs_and_of_responses(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"gold": "7", "answer": "7.0"}\n\n{"gold": "7", "output": "It is \\\\boxed{8}."}\n')
    assert [(item.text, item.whole) for item in items_of(file)] == [("7.0", False), (r"It is \boxed{8}.", True)]


@pytest.mark.parametrize(
    "line", ["[1]", "{", '{"gold": 7, "answer": "7"}', '{"gold": "7"}', '{"gold": "7", "answer": "7", "output": ""}']
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text(f'{{"gold": "7", "answer": "7"}}\n{line}\n')
    with pytest.raises(UserError, match="line 2"):
        items_of(file)


def test_golds_of_a_result_file(tmp_path: Path) -> None:
    """The check's gold before the row's column; rows without any, and failed responses, are left out."""
    checked = Response(content=r"\boxed{7}", verdict=Verdict(True, "", {"gold": "7"}))
    entries = [
        Entry("one", {"answer": "#### 7"}, "?", {0.0: [checked]}),
        Entry(
            "two",
            {"answer": 8},
            "?",
            {0.7: [Response(content="8"), Response(content="", finish_reason="error", error="x")]},
        ),
        Entry("three", {}, "?", {0.0: [Response(content="9")]}),
    ]
    path = tmp_path / "results.json"
    write_results(path, entries)
    assert [(item.gold, item.text) for item in items_of(path)] == [("7", r"\boxed{7}"), ("8", "8")]
    assert "sample 0" in items_of(path)[0].where


def test_the_table_and_the_page_list_what_is_to_be_seen() -> None:
    rows = [row(True, True, "text"), row(False, True), row(True, False), row(True, True, "points")]
    table = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [line["kind"] for line in table] == [OURS_ONLY, THEIRS_ONLY, UNPROVEN]
    assert [line["inexact"] for line in table] == ["no", "no", "yes"]
    shown = "".join(page(rows, "<file>"))
    assert "<b>7</b>" not in shown
    assert "&lt;file&gt;" in shown
    assert all(kind in shown for kind in (OURS_ONLY, THEIRS_ONLY, UNPROVEN))
    assert counted(rows) == {**dict.fromkeys(KINDS, 0), OURS_ONLY: 1, THEIRS_ONLY: 1, UNPROVEN: 1, AGREED: 1}


@needs_math_verify
def test_math_verify_judges_answers_and_responses_and_survives_a_crash() -> None:
    opinion = SecondOpinion()
    try:
        assert opinion.ask("7", "7.0", whole=False).correct is True
        assert opinion.ask("7", r"So \boxed{8}.", whole=True) == Opinion(False, "7 differs from 8")
        assert opinion.ask("7", "no number at all", whole=True).correct is False
        assert opinion._process is not None
        opinion._process.kill()
        opinion._process.wait()
        assert opinion.ask("7", "7", whole=False) == Opinion(None, "no verdict: math-verify crashed")
        assert [found.theirs.correct for found in audited([AuditItem("", "7", "7", False)], opinion)] == [True]
    finally:
        opinion.close()


@needs_math_verify
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, table, html = tmp_path / "pairs.jsonl", tmp_path / "out.csv", tmp_path / "out.html"
    lines = [{"gold": "[1,2)", "answer": r"1 \le x < 2"}, {"gold": "7", "answer": "7"}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["--audit", str(file), "--csv", str(table), "--html", str(html)]) == 0
    printed = capsys.readouterr()
    assert "1  agreed" in printed.out
    assert "2/2" in printed.err
    assert OURS_ONLY in table.read_text()
    assert OURS_ONLY in html.read_text()


@pytest.mark.parametrize(
    "arguments", [[], ["7"], ["7", "8", "--audit", "x.jsonl"], ["--audit", "x.jsonl", "--response"]]
)
def test_what_does_not_fit_together_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
