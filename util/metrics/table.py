"""Metrics with their intervals as CSV, one line per metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from util.metrics.date_split import DateSplit
from util.metrics.tally import Tally
from util.records import temperature_label
from util.results.writing import write_atomically

COLUMNS = (
    "benchmark", "temperature", "metric", "value", "low", "high", "problems", "responses",
    "truncated", "no_answer", "not_judged", "failed", "result_file", "no_score",
)  # fmt: skip
THINKING = "thinking_tokens"
"""Metric: tokens of thought per response, the only one that is no share."""


def write_csv(
    path: Path,
    results: Iterable[tuple[str, Tally, Path, str | None]],
    splits: Mapping[Path, list[DateSplit]] | None = None,
) -> None:
    """Write the metrics of each (benchmark, tally, result file, why it has no score): 95 % intervals, rates as shares.

    Where any of them has thoughts, the tokens of thought per response are among the metrics. splits: result file
    -> its results by date, whose lines have the problems and responses of their own part and no rates.
    A benchmark without a score has one line per temperature, without values, that says why.

    Raises:
        UserError: the file cannot be written.
    """
    results, sink = list(results), io.StringIO()
    thinks = any(tally.thinks for _, tally, _, _ in results)
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, tally, file, no_score in results:
        if no_score is not None and not tally.temperatures:
            writer.writerow([name, *[""] * (len(COLUMNS) - 3), file, no_score])
        for temperature in tally.temperatures:
            counts = tally.by_temperature[temperature]
            rates = (counts.truncated, counts.no_answer, counts.unjudged, counts.failed)
            shares = [f"{rate / max(1, counts.total):.4f}" for rate in rates]
            label = temperature_label(temperature)
            if no_score is not None:
                unknown = ["pass@1", "", "", "", tally.problems]
                writer.writerow([name, label, *unknown, counts.total, *shares, file, no_score])
                continue
            for metric, e in tally.metrics(temperature).items():
                numbers = [f"{value:.4f}" for value in (e.value, e.low, e.high)]
                writer.writerow([name, label, metric, *numbers, e.problems, counts.total, *shares, file, ""])
            for split in (splits or {}).get(file, ()):
                if split.temperature == temperature:
                    writer.writerows(_by_date(name, file, split))
            if not thinks:
                continue
            thought = tally.thinking(temperature)
            numbers = [f"{value:.1f}" for value in (thought.value, thought.low, thought.high)]
            writer.writerow([name, label, THINKING, *numbers, thought.problems, counts.total, *shares, file, ""])
    write_atomically(path, [sink.getvalue()])


def _by_date(name: str, file: Path, split: DateSplit) -> Iterator[list[object]]:
    for metric, each, problems, responses in split.metrics():
        numbers = [f"{value:.4f}" for value in (each.value, each.low, each.high)]
        yield [name, temperature_label(split.temperature), metric, *numbers, problems, responses, *[""] * 4, file, ""]
