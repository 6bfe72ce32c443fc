"""The table at the end of a run: each benchmark in a line that fits the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from util.run.standing import dollars
from util.system.characters import printable
from util.system.terminal_text import COLUMNS, columns_of, padded, terminal_size

if TYPE_CHECKING:
    from util.run.console import FinishedRun

HEAD = ("benchmark", "n", "accuracy", "95% interval", "trunc.", "failed", "tokens", "cost")
LEAST_NAME = 9


def table_lines(runs: Sequence[FinishedRun], columns: int | None = None) -> list[str]:
    """The lines of the table, without columns that are empty for all runs. columns: None is those of standard output."""
    rows = [row for run in runs for row in _rows(run)]
    if not rows:
        return []
    width = columns if columns is not None else max(COLUMNS, terminal_size(sys.stdout)[0])
    shown = [place for place in range(len(HEAD)) if place == 0 or any(row[place] for row in rows)]
    widths = [max(columns_of(line[place]) for line in (HEAD, *rows)) for place in shown]
    rest = sum(widths[1:]) + 2 * (len(widths) - 1)
    widths[0] = max(LEAST_NAME, min(widths[0], width - rest))
    return [
        "  ".join(
            padded(line[place], size, right=place > 0) for place, size in zip(shown, widths, strict=True)
        ).rstrip()
        for line in (HEAD, *rows)
    ]


def _rows(run: FinishedRun) -> Iterator[tuple[str, ...]]:
    """The cells of each temperature, as in ``HEAD``."""
    tally, several = run.tally, len(run.tally.temperatures) > 1
    for number, temperature in enumerate(tally.temperatures):
        counts = tally.by_temperature[temperature]
        name = f"{run.name} t={temperature:g}" if several else run.name
        accuracy, interval = _accuracy(run, temperature)
        failed = counts.failed if several else run.outcome.failed
        yield (
            " ".join(printable(name).split()),
            _size(run.summary.problems, counts.total + (0 if several else run.summary.missing)),
            accuracy,
            interval,
            str(counts.truncated),
            str(failed),
            count_text(run.summary.tokens[temperature]),
            dollars(run.summary.cost) if number == 0 and run.summary.cost is not None else "",
        )
    if not tally.temperatures:
        yield " ".join(printable(run.name).split()), "0", "no score", "", "", str(run.outcome.failed), "", ""


def _accuracy(run: FinishedRun, temperature: float) -> tuple[str, str]:
    if not run.judged:
        return "", ""
    estimate = run.tally.metrics(temperature).get("pass@1") if run.no_score is None else None
    if estimate is None:
        return "no score", ""
    return f"{estimate.value:.4f}", f"{estimate.low:.3f}-{estimate.high:.3f}"


def _size(problems: int, responses: int) -> str:
    """Problems, and how many responses each has: "30 x 64"; "30 (512)" where that differs between them."""
    if responses == problems or not problems:
        return str(responses)
    each, rest = divmod(responses, problems)
    return f"{problems} x {each}" if not rest and each else f"{problems} ({responses})"


def count_text(count: int) -> str:
    """
    >>> count_text(12345), count_text(1234567), count_text(98765432101)
    ('12,345', '1.23M', '98.8B')
    """
    for size, sign in ((10**9, "B"), (10**6, "M")):
        if count >= size:
            return f"{count / size:.3g}{sign}" if count < 1000 * size else f"{count / size:,.0f}{sign}"
    return f"{count:,}"
