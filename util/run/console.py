"""The summary that a run prints, and the reports that it writes besides the result file."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from util.metrics.date_split import DateSplit
from util.metrics.tally import Tally
from util.metrics.validity import RunOutcome
from util.results.output_checks import METRICS, PAGE, check_output
from util.results.paths import ResultPaths
from util.results.writing import locked
from util.run.ending import exit_status
from util.run.final_table import table_lines
from util.run.options import ReportOptions, typed_command
from util.run.plan import now
from util.run.summary import RunSummary
from util.system.characters import printable
from util.system.messages import is_quiet, tell
from util.system.options import options_from


@dataclass(frozen=True)
class FinishedRun:
    """A run that came to its end, on one dataset.

    path: its result file. max_failed: the share of responses that may fail or lack a verdict. judged: whether
    verdicts were wanted. generated: whether responses were. training: whether they are for training data. date:
    when it ended. splits: results by date, if asked for.
    """

    name: str
    model: str
    path: Path
    summary: RunSummary
    max_failed: float
    judged: bool = True
    generated: bool = True
    training: bool = False
    date: str = field(default_factory=now)
    splits: list[DateSplit] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        return self.summary.tally

    @cached_property
    def outcome(self) -> RunOutcome:
        return self.tally.outcome(judged=self.judged, missing=self.summary.missing)

    @cached_property
    def no_score(self) -> str | None:
        """Why the result file has no score; None if it has one."""
        return self.tally.outcome(missing=self.summary.missing).no_score(self.max_failed)

    @property
    def score(self) -> float | None:
        """The accuracy over all responses; those that failed, are missing or have no verdict count as not right.

        In runs that sample in rounds it is the mean of the problems' shares: some may have more responses than others.
        """
        if self.no_score is not None:
            return None
        if self.summary.decisions is not None or self.summary.precision is not None:
            (temperature,) = self.tally.temperatures
            return round(self.tally.metrics(temperature)["pass@1"].value, 4)
        return round(self.tally.total.right / self.outcome.total, 4)

    def status(self) -> int:
        """Print what failed, and return the exit status."""
        title = f"{self.name} by {self.model}, {self.date}"
        consequence = "no score" if self.judged else "incomplete"
        return exit_status(self.outcome, self.max_failed, title, consequence, generated=self.generated)


def print_summary(run: FinishedRun) -> None:
    """Print the results and the end of a run of one dataset. If it was judged, the last line is ``{"acc": ...}``."""
    print_results(run)
    print_table([run])
    print_end([run])
    if run.judged:
        print(json.dumps({"acc": run.score}))


def print_results(run: FinishedRun) -> None:
    """Print all metrics of a run, with 95 % intervals, and its counts; nothing in a quiet run."""
    if is_quiet():
        return
    tally = run.tally
    print(f"{run.name} by {run.model}, {run.date}")
    for temperature in tally.temperatures:
        counts = tally.by_temperature[temperature]
        print(f"{run.name}, temperature {temperature:g}: {counts.total} responses of {run.summary.problems} problems")
        if run.judged and run.no_score is None:
            for name, estimate in tally.metrics(temperature).items():
                print(f"  {name:<24}{estimate}")
        if run.judged:
            print(f"  {counts.right} right, {counts.rates()}")
        else:
            print(f"  {counts.truncated} truncated, {counts.failed} failed")
    for line in tally.judge.lines(tally.total.right, run.outcome.total) if run.judged else ():
        print(printable(f"  {line}"))
    for split in run.splits:
        print("\n".join(f"  {line}" for line in split.lines()))
    if run.summary.decisions is not None:
        print(run.summary.decisions)
    if run.summary.precision is not None and run.no_score is None:
        print(run.summary.precision)
    print(f"tokens: {run.summary.prompt_tokens} prompt, {run.summary.completion_tokens} completion")
    if run.judged and run.training:
        accepted = tally.solved_share()
        print(f"rejection sampling: {tally.solved} of {tally.problems} problems have an accepted response, {accepted}")
    if run.judged and run.outcome.no_score(run.max_failed) is not None:
        print(printable(f"no score: {run.no_score}"))


def print_table(runs: Sequence[FinishedRun]) -> None:
    """Print the table of all benchmarks, which a quiet run has, too."""
    lines = table_lines(runs)
    print("\n".join(["", *lines, ""] if lines and not is_quiet() else lines))


def print_end(runs: Sequence[FinishedRun], files: Sequence[tuple[str, Path]] = ()) -> None:
    """Print the files of runs and the next command. files: (what it is, path) of further files."""
    if is_quiet():
        return
    for run in runs:
        label = "result file" if len(runs) == 1 else f"result file of {run.name}"
        print(printable(f"{label}: {run.path}"))
    for label, path in files:
        print(printable(f"{label}: {path}"))
    done = [run for run in runs if run.outcome.no_score(run.max_failed) is None]
    if done:
        print(printable(f"next: {_next_step(done)}"))


def _next_step(runs: Sequence[FinishedRun]) -> str:
    run = runs[0]
    folder = shlex.quote(str(run.path.parent))
    if len({each.path.parent for each in runs}) == 1 < len(runs):
        return f"python -m util.report {folder} --output {folder}/report.html"
    if len(runs) > 1:
        paths = " ".join(shlex.quote(str(each.path)) for each in runs)
        return f"python -m util.report {paths} --output {folder}/report.html"
    if run.training and ResultPaths(run.path).is_converted:
        return f"python convert_to_data.py --input-dir {folder} --output {folder}/train_data.json"
    if run.training:
        return f"python convert_format.py --input-dir {folder}"
    if not run.judged:
        words = shlex.split(typed_command())
        if "--inference" not in words:
            return "the same command with --check instead of --inference"
        return shlex.join("--check" if word == "--inference" else word for word in words)
    page = shlex.quote(str(run.path.with_suffix(".html")))
    return f"python -m util.report {shlex.quote(str(run.path))} --output {page}"


def check_reports(args: argparse.Namespace) -> None:
    """Check before a run that its reports can be written.

    Raises:
        UserError: one cannot.
    """
    options = options_from(ReportOptions, args)
    for name, path, kind in (("--csv", options.csv, METRICS), ("--report", options.report, PAGE)):
        if path is not None:
            check_output(path, name, kind)
    if options.samples is not None:
        from util.report.flat_samples import flat_file

        flat_file(options.samples)


def write_reports(args: argparse.Namespace, results: list[FinishedRun]) -> None:
    """Write the HTML report and the CSV file if the command requests them."""
    options = options_from(ReportOptions, args)
    if options.csv and results:
        from util.metrics.table import write_csv

        with locked(options.csv):
            splits = {each.path: each.splits for each in results}
            write_csv(options.csv, [(each.name, each.tally, each.path, each.no_score) for each in results], splits)
        tell(printable(f"metrics: {options.csv}"))
    if options.samples and results:
        from util.report.flat_samples import write_samples

        with locked(options.samples):
            count = write_samples(options.samples, [each.path for each in results])
        print(printable(f"samples: {options.samples} ({count} rows)"), file=sys.stderr)
    if options.report and results:
        from util.report import write_report

        paths, limit = [each.path for each in results], args.max_failed
        with locked(options.report):
            write_report(options.report, paths, typed_command(), best_by=args.best_of_n_by, max_failed=limit)
        tell(printable(f"report: {options.report.resolve()}"))
