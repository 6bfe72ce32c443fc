"""Run several benchmarks with one engine; called by eval.py."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from util.engines import leave_cluster, make_engine
from util.engines.base import Engine, Paid
from util.engines.options import engine_options
from util.metrics.intervals import Estimate
from util.records import temperature_label
from util.report.score_table import write_table
from util.results.json_file import write_json
from util.results.writing import check_writable, locked, read_json_object
from util.run import plan, runner
from util.run.console import FinishedRun, check_reports, print_summary, write_reports
from util.run.cutoff import DateSplitter, by_date
from util.run.ending import SHOWN
from util.run.options import RunOptions, run_options
from util.run.own_settings import with_settings
from util.run.run_facts import run_facts
from util.run.summary import RunSummary
from util.run.thinking_curve import at_budgets
from util.system.characters import printable
from util.system.errors import UserError
from util.system.packages import missing_package
from util.system.redaction import redacted
from util.task import ChosenBenchmark, Selection, TaskHandler


@dataclass
class _Scores:
    """The output of eval.py.

    scores: benchmark -> accuracy, None without a score. details: counts, metrics, errors. Benchmarks of earlier runs that
    are in the files stay there. split: gives a run's results by date.
    table: a file that gets the scores of the details file as a table.
    """

    output: Path
    split: DateSplitter | None = None
    table: Path | None = None
    scores: dict[str, float | None] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    done: list[FinishedRun] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, run: FinishedRun) -> None:
        """Print and keep a benchmark's result; what is written survives a later interruption."""
        if self.split is not None and run.no_score is None:
            run = replace(run, splits=self.split(run))
        print_summary(run)
        self.scores[run.name] = run.score
        self.done.append(run)
        self.details[run.name] = _detail(run)
        if run.status():
            self.failed.append(run.name)
        self.write()

    @property
    def details_path(self) -> Path:
        return self.output.with_name(f"{self.output.stem}_details.json")

    def check(self) -> None:
        """Check before the run that both files can be written and are ours.

        Raises:
            UserError: they cannot be, or they hold something else.
        """
        for path in (self.output, self.details_path):
            check_writable(path, "--output-file")
        if self.table is not None:
            check_writable(self.table, "--table")
        self._earlier()

    def add_error(self, name: str, model: str, message: str) -> None:
        """Print and keep the error that ended a benchmark."""
        self.failed.append(name)
        self.scores[name] = None
        reason = {"reason": "the run ended with an error", "error": message}
        self.details[name] = {"benchmark": name, "model": model, "date": plan.now(), **reason}
        print(printable(f"error: {name} by {model} failed: {message}"), file=sys.stderr)

    def write(self) -> None:
        """Write the scores, and the details to a file beside them."""
        with locked(self.output):  # two runs may share the file
            scores, details = self._earlier()
            write_json(self.output, scores | self.scores)
            write_json(self.details_path, details | self.details)
            if self.table is not None:
                write_table(self.table, details | self.details)

    def _earlier(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Scores and details in the files, without the benchmarks that this run has ended."""
        scores = read_json_object(self.output, "--output-file")
        if not all(value is None or type(value) in (int, float) for value in scores.values()):
            raise UserError(
                f"--output-file {self.output} exists and holds no scores of eval.py (an object of benchmark to number). "
                "Choose another file."
            )
        details = read_json_object(self.details_path, "--output-file")
        ended = self.details.keys()
        kept = [{name: value for name, value in each.items() if name not in ended} for each in (scores, details)]
        return kept[0], kept[1]


Judge = Callable[[Path, RunSummary], int]
"""Lets a model judge a result file and adds what it says to the summary; returns the exit status."""


def evaluate(
    args: argparse.Namespace, benchmarks: Sequence[ChosenBenchmark], judge: Judge, split: DateSplitter | None = None
) -> int:
    """Run every benchmark, even after one failed. judge: is called with each result file. Return the exit status."""
    settled = [(each, _options(args, each)) for each in benchmarks]  # before anything is computed: some may be refused
    engine: list[Engine] = []  # loaded once, when the first benchmark needs it

    def load() -> Engine:
        if not engine:
            engine.append(make_engine(engine_options(args)))
        return engine[0]

    scores = _Scores(args.output_file, split, args.table)
    if not args.dry_run:
        scores.check()
        check_reports(args)
    for benchmark, options in settled:
        name, handler = benchmark.label, benchmark.handler
        selection = benchmark.selection(args.paths.get(handler.name, args.paths.get("")), args.limit)
        if engine and isinstance(engine[0], Paid):
            engine[0].budget.mark()
        part = name
        try:
            summary = _run(args, handler, selection, options, load)
            if summary is not None:
                path = plan.result_paths(handler, selection, options).path
                if judge(path, summary):
                    scores.failed.append(f"{name}, judge")
                scores.add(FinishedRun(name, args.model, path, summary, options.max_failed))
                part = f"{name}, thinking budgets"
                for run in at_budgets(name, handler, selection, options, load, args.thinking_budgets):
                    scores.add(run)
        except Exception as error:  # a failed benchmark must not stop the others
            if args.debug and not isinstance(error, UserError):
                raise
            if isinstance(error, ModuleNotFoundError):
                error = missing_package(error) or error
            message = redacted(str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}")
            scores.add_error(part, args.model, message)
    if engine:
        engine[0].close()
    leave_cluster()
    if not args.dry_run:
        scores.write()
        write_reports(args, scores.done)
        if args.table:
            print(printable(f"table: {args.table}"), file=sys.stderr)
        print(json.dumps(scores.scores))
    return 1 if scores.failed else 0


def _options(args: argparse.Namespace, benchmark: ChosenBenchmark) -> RunOptions:
    """The options of one benchmark's run; prints its own settings."""
    if benchmark.settings:
        shown = ", ".join(f"{name} {value}" for name, value in benchmark.settings.items())
        print(printable(f"{benchmark.label}: {shown}"), file=sys.stderr)
    return run_options(with_settings(args, benchmark), benchmark.handler.default_temperature)


def _run(
    args: argparse.Namespace,
    handler: TaskHandler,
    selection: Selection,
    options: RunOptions,
    load: Callable[[], Engine],
) -> RunSummary | None:
    """One benchmark; None for a dry run, which prints its plan."""
    if args.dry_run:
        plan.dry_run(handler, selection, options)
        return None
    return runner.run_generation(handler, selection, options, load, check=True)


def _detail(run: FinishedRun) -> dict[str, Any]:
    """Counts, and all metrics with their intervals by temperature; without a score the reason instead of metrics."""
    tally, reasons = run.tally, run.outcome.reasons[:SHOWN]
    metrics = {
        temperature_label(temperature): {name: _rounded(e, 4) for name, e in tally.metrics(temperature).items()}
        for temperature in tally.temperatures
    }
    found = {"benchmark": run.name, "model": run.model, "date": run.date, **vars(tally.total)}
    found |= {"problems": tally.problems, "metrics": metrics}
    if tally.thinks:
        found["thinking_tokens"] = {temperature_label(t): _rounded(tally.thinking(t), 1) for t in tally.temperatures}
    if tally.judge.models:
        found["with_judge"] = tally.judge.fields()
    found |= run_facts(run.path, tally)
    if run.splits:
        found["by_date"] = {temperature_label(each.temperature): by_date(each) for each in run.splits}
    found["result_file"] = str(run.path)
    if run.no_score is not None:
        found |= {"metrics": {}, "reason": run.no_score, "error": reasons[0].example if reasons else ""}
    if reasons:
        found["reasons"] = [{"count": r.count, "kind": r.cause.value, "example": r.example} for r in reasons]
    return found


def _rounded(estimate: Estimate, digits: int) -> list[float]:
    return [round(value, digits) for value in (estimate.value, estimate.low, estimate.high)]
