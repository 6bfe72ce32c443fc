"""The summary that a run prints, and the reports that it writes besides the result file."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from util.metrics.tally import Tally
from util.run.options import ReportOptions, typed_command
from util.run.pipeline import RunSummary
from util.system.characters import printable
from util.system.options import options_from


@dataclass(frozen=True)
class Judged:
    """One benchmark's tally and result file."""

    name: str
    tally: Tally
    path: Path


def print_summary(summary: RunSummary, *, judged: bool) -> None:
    """Print the results of a run, with 95 % intervals. If it was judged, the last line is ``{"acc": ...}``."""
    tally = summary.tally
    for temperature in tally.temperatures:
        counts = tally.by_temperature[temperature]
        print(f"temperature {temperature:g}: {counts.total} responses of {summary.problems} problems")
        for name, estimate in tally.metrics(temperature).items() if judged else ():
            print(f"  {name:<24}{estimate}")
        if judged:
            print(f"  {counts.right} right, {counts.rates()}")
        else:
            print(f"  {counts.truncated} truncated, {counts.failed} failed")
    print(f"tokens: {summary.prompt_tokens} prompt, {summary.completion_tokens} completion")
    for failure in summary.failures:
        print(f"failed: {printable(failure)}", file=sys.stderr)
    if judged:
        accepted = tally.solved_share()
        print(f"rejection sampling: {tally.solved} of {tally.problems} problems have an accepted response, {accepted}")
        print(json.dumps({"acc": round(tally.total.accuracy, 4)}))


def write_reports(args: argparse.Namespace, results: list[Judged]) -> None:
    """Write the HTML report and the CSV file if the command requests them."""
    options = options_from(ReportOptions, args)
    if options.csv and results:
        from util.metrics.table import write_csv

        write_csv(options.csv, [(each.name, each.tally, each.path) for each in results])
        print(printable(f"metrics: {options.csv}"), file=sys.stderr)
    if options.report and results:
        from util.report import write_report

        write_report(options.report, [each.path for each in results], typed_command(), best_by=args.best_of_n_by)
        print(printable(f"report: {options.report.resolve()}"), file=sys.stderr)


def failed_status(count: int, what: str = "") -> int:
    """The exit status of a run with ``count`` failed requests; prints how to continue."""
    if count:
        print(f"error: {what}{count} requests failed; rerun the same command to retry them", file=sys.stderr)
    return 1 if count else 0
