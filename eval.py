"""Run benchmarks with one loaded model and report their accuracy.

    python eval.py --model Qwen/QwQ-32B-Preview --evals=AIME,MATH500,GPQADiamond --tp=8 \\
        --output_file=results.txt

    python eval.py --model M --evals AIME --n 8 --preset --report aime.html --csv aime.csv
    python eval.py --compare results_a results_b        # the same problems, paired
    python eval.py --reproduce aime.html                # the command that repeats it

--output_file gets {"AIME": accuracy, ...}; details, with 95 % intervals, go to a file beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks import TASK_HANDLERS, Selection, own
from util.engines import leave_cluster, make_engine
from util.engines.base import Engine
from util.metrics import Tally
from util.report import comparison as compare
from util.report import reproduce
from util.results.json_file import write_json
from util.run import options, plan, runner
from util.system import cli
from util.system.errors import UserError


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--evals", default="", help=f"benchmarks, separated by commas: {', '.join(TASK_HANDLERS)}")
    parser.add_argument("--output-file", type=Path, default=Path("results.txt"), help="JSON of benchmark to accuracy")
    parser.add_argument("--limit", type=cli.positive_int, help="only the first problems of each benchmark")
    parser.add_argument(
        "--dataset-path",
        action="append",
        default=[],
        metavar="[NAME=]FILE",
        help="local rows, for one benchmark or for all",
    )
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("A", "B"), help="two result folders or files: does B differ from A?"
    )
    parser.add_argument(
        "--reproduce", type=Path, metavar="FILE", help="print the command behind a report or a result file"
    )
    own.add_option(parser)
    options.add_model_options(parser, required=False)
    args = parser.parse_args(arguments)
    if args.compare or args.reproduce:
        return args
    if not args.model or not args.evals:
        parser.error("--model and --evals are needed (or --compare, or --reproduce)")
    args.names = [name.strip() for name in args.evals.split(",") if name.strip()]
    unknown = [name for name in args.names if name not in TASK_HANDLERS]
    if unknown or not args.names:
        parser.error(f"unknown benchmark {', '.join(unknown)!r}; there are {', '.join(TASK_HANDLERS)}")
    args.paths = {}
    for given in args.dataset_path:
        name, equals, path = given.partition("=")
        if equals and name not in args.names:
            parser.error(f"--dataset-path {given}: {name!r} is not among --evals")
        args.paths[name if equals else ""] = Path(path if equals else given)
    return args


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.reproduce:
        print(reproduce.reproduce(args.reproduce))
        return 0
    if args.compare:
        return compared(args)
    return evaluated(args)


def compared(args: argparse.Namespace) -> int:
    found = compare.compare_folders(args.compare[0], args.compare[1], TASK_HANDLERS)
    print("\n".join(compare.described(comparison) for comparison in found))
    if args.csv:
        compare.write_flips(args.csv, found)
    return 0


def evaluated(args: argparse.Namespace) -> int:
    engine: list[Engine] = []  # loaded once, by the first benchmark that needs it

    def load() -> Engine:
        if not engine:
            engine.append(make_engine(options.engine_options(args)))
        return engine[0]

    scores: dict[str, float] = {}
    details: dict[str, Any] = {}
    done: list[tuple[str, Tally, Path]] = []
    failed = []
    for name in args.names:
        handler = TASK_HANDLERS[name]()
        run = options.run_options(args, handler)
        selection = Selection(
            handler.default_split,
            handler.default_source,
            end=args.limit or -1,
            dataset_path=args.paths.get(name, args.paths.get("")),
        )
        try:
            if args.dry_run:
                plan.dry_run(handler, selection, run)
                continue
            outcome = runner.run_generation(handler, selection, run, load, check=True)
        except Exception as error:  # one benchmark's fault must not stop the others
            if args.debug and not isinstance(error, UserError):
                raise
            failed.append(name)
            message = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            details[name] = {"error": message}
            print(f"error: {name} failed: {message}", file=sys.stderr)
            continue
        runner.report(outcome, judged=True)
        total = outcome.tally.total
        scores[name] = round(total.accuracy, 4)
        path = plan.result_path(handler, selection, run)
        done.append((name, outcome.tally, path))
        details[name] = detail(outcome.tally, path)
        if cli.failed_status(outcome.retriable, f"{name}: "):
            failed.append(name)
        _write(args.output_file, scores, details)  # an interruption later on keeps what there is
    if engine:
        engine[0].close()
    leave_cluster()
    if not args.dry_run:
        _write(args.output_file, scores, details)
        options.write_reports(args, done)
        print(json.dumps(scores))
    return 1 if failed else 0


def detail(tally: Tally, path: Path) -> dict[str, Any]:
    """Counts, and every metric with its interval by temperature."""
    metrics = {
        label: {name: [round(x, 4) for x in (e.value, e.low, e.high)] for name, e in tally.metrics(label).items()}
        for label in tally.temperatures
    }
    return {**vars(tally.total), "problems": tally.problems, "metrics": metrics, "result_file": str(path)}


def _write(path: Path, scores: dict[str, float], details: dict[str, Any]) -> None:
    write_json(path, scores)
    write_json(path.with_name(f"{path.stem}_details.json"), details)


if __name__ == "__main__":
    cli.run(main)
