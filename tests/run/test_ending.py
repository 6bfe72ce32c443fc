"""How a run ends where the engine gives nothing, or less than it was asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.synthetic_engine import SyntheticEngine
from tasks.math500 import Math500Task
from util.engines.base import Completion, Request
from util.engines.options import EngineOptions
from util.metrics.reasons import Cause, Reason
from util.metrics.validity import RunOutcome
from util.run.console import FinishedRun, print_summary
from util.run.ending import exit_status
from util.run.options import FileOptions, RunOptions, Sampled
from util.run.runner import run_generation
from util.task import CheckOptions, Selection


class Small(Math500Task):
    name = "Small"

    def select(self, selection: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
        for number in range(20):
            yield f"q{number}", {"problem": f"q{number}", "answer": "1"}


class Forgetful(SyntheticEngine):
    """Takes every request and answers the first few."""

    answers = 0

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        taken = list(requests)
        async for completion in super().generate(islice(taken, self.answers)):
            yield completion


@pytest.mark.parametrize(("answers", "status"), [(0, 1), (18, 1), (19, 0), (20, 0)])
def test_what_the_engine_returns_nothing_for_has_failed(
    answers: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Forgetful, "answers", answers)
    options = RunOptions(
        EngineOptions("synthetic"), Sampled([0.0]), FileOptions(result_dir=tmp_path), CheckOptions(workers=1)
    )
    summary = run_generation(Small(), Selection("test"), options, Forgetful, check=False)
    run = FinishedRun("Small", "synthetic", tmp_path / "r.json", summary, 0.05, judged=False)
    print_summary(run)
    assert run.status() == status
    shown = capsys.readouterr()
    assert f"result file: {tmp_path / 'r.json'}" in shown.out
    assert ("next: the same command with --check" in shown.out) == (status == 0)
    if answers < 20:
        assert f"{20 - answers} failed, retried on a rerun: the engine returned no response" in shown.err
        assert f"it retries {20 - answers} of these responses" in shown.err
    else:
        assert "note:" not in shown.err


def test_five_reasons_are_shown_safely(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = tuple(Reason(Cause.FINAL, f"\x1b[2J{letter}", 9 - n) for n, letter in enumerate("abcdefg"))
    assert exit_status(RunOutcome(42, failed=42, reasons=reasons), 0.05, "MATH500 by m", "no score") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: MATH500 by m: no score: 42 of 42 responses (100%) failed"
    assert lines[1] == "  9 failed for good: \\x1b[2Ja"
    assert lines[6] == "  7 for 2 other reasons"
    assert lines[7].startswith("  next: change what the reasons name")


def test_advice_names_what_a_rerun_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(RunOutcome(40, failed=1, retriable=1), 0.05, "A") == 0
    assert exit_status(RunOutcome(40, failed=2), 0.05, "B") == 0
    assert exit_status(RunOutcome(40, failed=9, retriable=9), 0.05, "C", generated=False) == 1
    first, retried, second, third, generate = capsys.readouterr().err.splitlines()
    assert first == "note: A: 1 of 40 responses (2.5%) failed"
    assert retried.endswith("it retries 1 of these responses")
    assert second.startswith("note: B: 2 of 40")
    assert third.startswith("error: C: 9 of 40")
    assert "with --inference" in generate
