"""--accept-judged: responses that only a judge model accepts are used where that is asked for, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_training import response, write

from util.results.entries import text_hash
from util.results.json_file import read_results
from util.training.build import build
from util.training.data_report import DataReport, judge_lines
from util.training.options import DataOptions
from util.training.passport import read_passport

GOLD = "all odd primes"


def judged(thought: str, *, right: bool | None, says: bool | None, of: str = "", gold: str = GOLD) -> dict[str, Any]:
    """A response with a verdict of the rules and one of a judge. of: the text that the judge saw, if another."""
    found = response(thought, right=right)
    verdict = {
        "verdict": says,
        "reason": "r",
        "model": "openai/j",
        "prompt": 1,
        "calibration": {"agreement": [1, 1, 1]},
    }
    text = text_hash(of or found["processed_content"])
    return found | {"evidence": {"gold": GOLD}, "judge": verdict | {"text": text, "gold": text_hash(gold)}}


def problems() -> dict[str, Any]:
    return {
        "by rules": [judged("a", right=True, says=False)],
        "open": [judged("b", right=None, says=True)],
        "open, no": [judged("c", right=None, says=False)],
        "open, unclear": [judged("d", right=None, says=None)],
        "prose": [judged("e", right=False, says=True)],
        "wrong": [judged("f", right=False, says=False)],
        "another text": [judged("g", right=None, says=True, of="an earlier text")],
        "another gold": [judged("h", right=None, says=True, gold="all primes")],
        "no judge": [response("i", right=None)],
    }


def built(folder: Path, accept: str | None, **values: Any) -> tuple[DataReport, str]:
    path = write(folder / "in", problems(), answer=GOLD)
    report = build(DataOptions([path], folder / "out.json", accept_judged=accept, **values))
    return report, (folder / "out.json").read_text()


@pytest.mark.parametrize(
    ("accept", "used", "lines"),
    [
        (None, ["by rules"], ["2 responses that only a judge model accepts are not used; see --accept-judged"]),
        (
            "undecided",
            ["by rules", "open"],
            [
                "1 of the responses that passed are accepted by a judge model alone (--accept-judged)",
                "1 responses that only a judge model accepts are not used; see --accept-judged",
            ],
        ),
        (
            "prose",
            ["by rules", "open", "prose"],
            ["2 of the responses that passed are accepted by a judge model alone (--accept-judged)"],
        ),
    ],
)
def test_only_what_is_asked_for_is_used(tmp_path: Path, accept: str | None, used: list[str], lines: list[str]) -> None:
    report, text = built(tmp_path, accept)
    assert [name for name in problems() if f'Solve: {name}"' in text] == used
    assert judge_lines(report) == lines
    assert report.not_judged == 6 - len({*used} & {"open"})


def test_the_passport_tells_what_the_judge_said(tmp_path: Path) -> None:
    built(tmp_path, "undecided", passport=tmp_path / "p.jsonl")
    found = {record.key: record for _, record in read_passport(tmp_path / "p.jsonl")}
    assert found["by rules"].judge is None
    assert found["open"].correct is None
    assert found["open"].judge is not None
    assert found["open"].judge["model"] == "openai/j"


def test_a_rejected_response_of_a_pair_stays_the_rules_choice(tmp_path: Path) -> None:
    """What only the judge accepts is no rejected response, and what it rejects alone neither."""
    path = write(
        tmp_path / "in",
        {"q": [judged("b", right=None, says=True), judged("c c", right=None, says=False)]},
        answer=GOLD,
    )
    report = build(DataOptions([path], tmp_path / "out.json", form="preference", accept_judged="undecided"))
    assert not report.written


def test_the_verdict_of_a_judge_survives_reading_and_another_tools_field_too(tmp_path: Path) -> None:
    strange = response("z") | {"judge": {"verdict": "yes"}}
    path = write(tmp_path / "in", {"q": [judged("b", right=None, says=True), strange]})
    [entry] = read_results(path)
    first, second = entry.responses[0.7]
    assert first.judge is not None
    assert first.judge.correct is True
    assert second.judge is None
    assert second.extra["judge"] == {"verdict": "yes"}
