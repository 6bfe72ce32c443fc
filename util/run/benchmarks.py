"""Run several benchmarks with one engine; called by eval.py."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from util.engines import leave_cluster, make_engine
from util.engines.base import Engine, Paid
from util.engines.options import engine_options
from util.report.score_records import details_path
from util.run import plan, runner
from util.run.console import FinishedRun, check_reports, print_end, print_table, write_reports
from util.run.cutoff import DateSplitter
from util.run.eval_scores import Scores
from util.run.options import RunOptions
from util.run.output_options import OutputOptions
from util.run.own_settings import with_settings
from util.run.precision_options import run_options_of
from util.run.summary import RunSummary
from util.run.thinking_curve import at_budgets
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell
from util.system.noise import log_beside
from util.system.options import options_from
from util.system.packages import missing_package
from util.system.redaction import redacted
from util.task import ChosenBenchmark, Selection, TaskHandler

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
            engine.append(make_engine(engine_options(args), log=log_beside(args.output_file)))
        return engine[0]

    scores = Scores(args.output_file, options_from(OutputOptions, args), split)
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
            scores.add_error(part, args.model, message, options)
    if engine:
        engine[0].close()
    leave_cluster()
    if not args.dry_run:
        print_table(scores.done)
        scores.finish()  # before the reports, which may fail
        write_reports(args, scores.done)
        print_end(scores.done, [("scores", args.output_file), ("details", details_path(args.output_file))])
        print(json.dumps(scores.scores))
    return 1 if scores.failed else 0


def _options(args: argparse.Namespace, benchmark: ChosenBenchmark) -> RunOptions:
    """The options of one benchmark's run; prints its own settings."""
    if benchmark.settings:
        shown = ", ".join(f"{name} {value}" for name, value in benchmark.settings.items())
        tell(printable(f"{benchmark.label}: {shown}"))
    return run_options_of(with_settings(args, benchmark), benchmark.handler.default_temperature)


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
