"""Run several benchmarks with one engine; called by eval.py."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.engines import leave_cluster, make_engine
from util.engines.base import Engine
from util.engines.options import engine_options
from util.metrics.tally import Tally
from util.records import temperature_label
from util.results.json_file import write_json
from util.run import plan, runner
from util.run.console import Judged, failed_status, print_summary, write_reports
from util.run.options import RunOptions, run_options
from util.run.pipeline import RunSummary
from util.system.characters import printable
from util.system.errors import UserError
from util.system.packages import missing_package
from util.system.redaction import redacted
from util.task import Selection, TaskHandler


@dataclass
class _Scores:
    """The output of eval.py. details: benchmark -> counts and metrics, or the error."""

    output: Path
    scores: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    done: list[Judged] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, name: str, summary: RunSummary, path: Path) -> None:
        """Print and keep a benchmark's result; what is written survives a later interruption."""
        print_summary(summary, judged=True)
        self.scores[name] = round(summary.tally.total.accuracy, 4)
        self.done.append(Judged(name, summary.tally, path))
        self.details[name] = _detail(summary.tally, path)
        if failed_status(summary.retriable, f"{name}: "):
            self.failed.append(name)
        self.write()

    def write(self) -> None:
        """Write the scores, and the details to a file beside them."""
        write_json(self.output, self.scores)
        write_json(self.output.with_name(f"{self.output.stem}_details.json"), self.details)


def evaluate(args: argparse.Namespace, handlers: Mapping[str, TaskHandler]) -> int:
    """Run every benchmark, even after one failed. Return the exit status."""
    engine: list[Engine] = []  # loaded once, when the first benchmark needs it

    def load() -> Engine:
        if not engine:
            engine.append(make_engine(engine_options(args)))
        return engine[0]

    scores = _Scores(args.output_file)
    for name, handler in handlers.items():
        options = run_options(args, handler.default_temperature)
        path = args.paths.get(name, args.paths.get(""))
        selection = Selection(handler.default_split, handler.default_source, end=args.limit or -1, dataset_path=path)
        try:
            summary = _run(args, handler, selection, options, load)
        except Exception as error:  # a failed benchmark must not stop the others
            if args.debug and not isinstance(error, UserError):
                raise
            if isinstance(error, ModuleNotFoundError):
                error = missing_package(error) or error
            scores.failed.append(name)
            message = redacted(str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}")
            scores.details[name] = {"error": message}
            print(printable(f"error: {name} failed: {message}"), file=sys.stderr)
            continue
        if summary is not None:
            scores.add(name, summary, plan.result_paths(handler, selection, options).path)
    if engine:
        engine[0].close()
    leave_cluster()
    if not args.dry_run:
        scores.write()
        write_reports(args, scores.done)
        print(json.dumps(scores.scores))
    return 1 if scores.failed else 0


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


def _detail(tally: Tally, path: Path) -> dict[str, Any]:
    """Counts, and all metrics with their intervals by temperature."""
    metrics = {
        temperature_label(temperature): {
            name: [round(x, 4) for x in (e.value, e.low, e.high)] for name, e in tally.metrics(temperature).items()
        }
        for temperature in tally.temperatures
    }
    return {**vars(tally.total), "problems": tally.problems, "metrics": metrics, "result_file": str(path)}
