"""Generate solutions with a model, check them, or both.

    python inference_and_check.py --dataset APPS --model Qwen/QwQ-32B-Preview --tp 8 \\
        --max_tokens 16384 --split test --source all --result-dir data --inference
    python inference_and_check.py ... --check      # judge what was generated (and converted)
    python inference_and_check.py ...              # generate and judge in one go

The same command again continues where it stopped: nothing finished is made twice.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from tasks import TASK_HANDLERS, Selection, own
from util.engines import leave_cluster, make_engine
from util.engines.base import Engine
from util.run import options, plan, runner
from util.system import cli


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--dataset", required=True, choices=TASK_HANDLERS, help="which problems")
    parser.add_argument("--inference", action="store_true", help="generate only")
    parser.add_argument("--check", action="store_true", help="judge an existing result file only")
    parser.add_argument("--recheck", action="store_true", help="with --check: judge again what was judged before")
    rows = parser.add_argument_group("rows")
    rows.add_argument("--split", help="the dataset's split; each dataset has a default")
    rows.add_argument("--source", help="filter: NUMINA's source, APPS' and TACO's difficulty, ...; 'all' for every row")
    rows.add_argument("--start", type=cli.non_negative_int, default=0, help="first row of the source's rows")
    rows.add_argument("--end", type=cli.end_index, default=-1, help="row to stop before; -1 is the end")
    rows.add_argument(
        "--filter-difficulty", action="store_true", help="NUMINA: keep the bounds below (or the source's own)"
    )
    rows.add_argument(
        "--math-difficulty-lower-bound",
        type=float,
        action="append",
        metavar="D",
        help="inclusive; given twice it is a range",
    )
    rows.add_argument("--math-difficulty-upper-bound", type=float, metavar="D", help="inclusive")
    rows.add_argument("--difficulty-labels", type=Path, metavar="FILE", help="labels by label_math_difficulty.py")
    rows.add_argument(
        "--dataset-path", type=Path, metavar="FILE", help="rows of a local JSON, JSONL, CSV, Parquet file or folder"
    )
    own.add_option(parser)
    options.add_model_options(parser)
    args = parser.parse_args(arguments)
    if args.inference and args.check:
        parser.error("--inference and --check exclude each other; leave both out to generate and check")
    bounds = args.math_difficulty_lower_bound or []
    if len(bounds) > 2 or (len(bounds) == 2 and args.math_difficulty_upper_bound is not None):
        parser.error("give --math-difficulty-lower-bound twice, or one lower and one upper bound")
    args.lower = min(bounds) if bounds else None
    args.upper = max(bounds) if len(bounds) == 2 else args.math_difficulty_upper_bound
    if (args.lower is not None or args.upper is not None) and args.dataset != "NUMINA":
        parser.error("difficulty bounds apply to --dataset NUMINA only")
    return args


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    handler = TASK_HANDLERS[args.dataset]()
    selection = Selection(
        split=args.split or handler.default_split,
        source=args.source or handler.default_source,
        start=args.start,
        end=args.end,
        filter_difficulty=args.filter_difficulty,
        lower=args.lower,
        upper=args.upper,
        dataset_path=args.dataset_path,
        labels=args.difficulty_labels,
    )
    run = options.run_options(args, handler)
    if args.dry_run:
        plan.dry_run(handler, selection, run)
        if args.check:
            found = runner.file_to_check(plan.result_path(handler, selection, run))
            print(f"to check:     {found or 'no such file yet'}")
        return 0
    if args.check:
        outcome = runner.run_check(handler, selection, run, again=args.recheck)
    else:
        if args.overwrite:
            cli.confirm_overwrite(plan.result_path(handler, selection, run))
        with contextlib.ExitStack() as stack:

            def load() -> Engine:
                engine = make_engine(run.engine)
                stack.callback(engine.close)
                return engine

            outcome = runner.run_generation(handler, selection, run, load, check=not args.inference)
    leave_cluster()
    runner.report(outcome, judged=not args.inference)
    path = plan.result_path(handler, selection, run)
    options.write_reports(args, [(handler.name, outcome.tally, (args.check and runner.file_to_check(path)) or path)])
    return cli.failed_status(outcome.retriable)


if __name__ == "__main__":
    cli.run(main)
