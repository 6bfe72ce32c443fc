"""How a run ends: the reasons of what failed on the console, and the exit status."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path

from util.metrics.reasons import Reasons
from util.metrics.validity import RunOutcome
from util.results.store import ResultStore
from util.system.advice import rerun
from util.system.characters import printable

SHOWN = 5
"""Maximum number of reasons printed."""


def exit_status(
    outcome: RunOutcome, max_failed: float, title: str, consequence: str = "", *, generated: bool = True
) -> int:
    """Print what failed or has no verdict, with the most frequent reasons; return the exit status.

    title: what was run. consequence: of too many failures, such as "no score". generated: whether a rerun would
    generate, too; ``--check`` only judges.
    """
    refused = outcome.no_score(max_failed)
    if refused is not None:
        print(f"error: {': '.join(filter(None, (title, consequence, refused)))}", file=sys.stderr)
    elif remark := outcome.remark():
        print(f"note: {title}: {remark}", file=sys.stderr)
    for line in reason_lines(outcome):
        print(f"  {line}", file=sys.stderr)
    if advice := _advice(outcome, refused=refused is not None, generated=generated):
        print(f"  {advice}", file=sys.stderr)
    return 0 if refused is None else 1


def reason_lines(outcome: RunOutcome) -> list[str]:
    """The most frequent reasons, one a line, safe for a terminal."""
    lines = [f"{reason.count} {reason.cause.value}: {printable(reason.example)}" for reason in outcome.reasons[:SHOWN]]
    rest = outcome.reasons[SHOWN:]
    if rest:
        lines.append(f"{sum(reason.count for reason in rest)} for {len(rest)} other reasons")
    return lines


def _advice(outcome: RunOutcome, *, refused: bool, generated: bool) -> str:
    if outcome.failed and not generated:
        return f"next: run the same command with --inference to generate what failed, then {rerun()}"
    if outcome.retriable:
        return f"next: {rerun()}; it retries {outcome.retriable} of these {outcome.unit}"
    if refused and outcome.failed:
        return f"next: change what the reasons name, and {rerun()}"
    return ""


def request_outcome(output: Path, keys: Iterable[str], unit: str) -> RunOutcome:
    """What became of the requests behind ``output``, from its journal. keys: of the problems that were asked about."""
    reasons, total, failed, retriable = Reasons(), 0, 0, 0
    with contextlib.closing(ResultStore(output)) as store:
        for key in dict.fromkeys(keys):
            for sample in store.samples(key):
                response = store.response(sample)
                total += 1
                if response is not None and response.failed:
                    reasons.add_response(response)
                    failed += 1
                    retriable += not response.final
    return RunOutcome(total, failed, retriable, reasons=tuple(reasons), unit=unit)
