"""Generate solutions with a model, check them, or both.

    python inference_and_check.py --dataset APPS --model Qwen/QwQ-32B-Preview --tp 8 \\
        --max_tokens 16384 --split test --source all --result-dir data --inference
    python inference_and_check.py ... --check      # judge what was generated (and converted)
    python inference_and_check.py ...              # generate and judge in one go

The same command again continues where it stopped: nothing finished is made twice.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tasks import TASK_HANDLERS, own
from util.distill.judge_options import add_judge_options, judge_options
from util.run.decision_options import DecisionOptions, check_plan, plan_of, selection_of
from util.run.display_options import show_as
from util.run.options import RunOptions, add_run_options, run_options
from util.system import cli
from util.system.arguments import argument_of
from util.system.characters import printable
from util.system.noise import log_beside
from util.system.options import add_options, options_from
from util.task import Selection, TaskHandler

if TYPE_CHECKING:
    from util.engines.base import Engine


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    parser = cli.ScriptParser(__doc__)
    parser.add_argument(
        "--dataset", required=True, type=argument_of(TASK_HANDLERS.named), choices=TASK_HANDLERS, help="which problems"
    )
    parser.add_argument("--inference", action="store_true", help="generate only")
    parser.add_argument("--check", action="store_true", help="judge an existing result file only")
    parser.add_argument("--recheck", action="store_true", help="with --check: judge again what was judged before")
    add_options(parser, Selection, "rows", source=None)
    own.add_option(parser)
    add_run_options(parser)
    add_options(parser, DecisionOptions, "pass rates")
    add_judge_options(parser)
    args = parser.parse_args(arguments)
    if args.inference and args.check:
        parser.error("--inference and --check exclude each other; leave both out to generate and check")
    if args.inference and args.judge_model:
        parser.error("--judge-model needs a check: leave --inference out")
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
    show_as(args)
    handler = TASK_HANDLERS[args.dataset]()
    selection = options_from(
        Selection,
        args,
        split=args.split or handler.default_split,
        source=args.source or handler.default_source,
        lower=args.lower,
        upper=args.upper,
    )
    plan, rates = plan_of(args), selection_of(args)
    options = replace(run_options(args, handler.default_temperature), decisions=plan, rates=rates)
    if plan is not None:
        check_plan(options.sampling.temperatures, batch=options.engine.is_api and options.engine.api.batch)
    return plan_only(args, handler, selection, options) if args.dry_run else work(args, handler, selection, options)


def plan_only(args: argparse.Namespace, handler: TaskHandler, selection: Selection, options: RunOptions) -> int:
    """Print what would be done."""
    from util.run import plan

    judges = judge_options(args)
    plan.dry_run(handler, selection, options)
    if args.check:
        found = plan.result_paths(handler, selection, options).to_check()
        print(printable(f"to check:     {found.path if found else 'no such file yet'}"))
    if judges.model is not None:
        print(printable(f"judge:        {judges.model}, tried on {judges.calibration} answers first"))
    return 0


def work(args: argparse.Namespace, handler: TaskHandler, selection: Selection, options: RunOptions) -> int:
    """Generate, check, or both; returns the exit status."""
    from util.distill import judge
    from util.engines import leave_cluster, make_engine
    from util.run import console, plan, runner

    judges = judge_options(args)
    console.check_reports(args)
    paths = plan.result_paths(handler, selection, options)
    if args.check:
        summary = runner.run_check(handler, selection, options, again=args.recheck)
    else:
        if args.overwrite:
            cli.confirm_overwrite(paths.backups())
        with contextlib.ExitStack() as stack:

            def load() -> Engine:
                engine = make_engine(options.engine, log=log_beside(paths.path))
                stack.callback(engine.close)
                return engine

            summary = runner.run_generation(handler, selection, options, load, check=not args.inference)
    leave_cluster()
    shown = (paths.to_check() or paths) if args.check else paths
    judged = judge.after_check(judges, options.max_failed, shown.path, summary, repair=args.repair)
    run = console.FinishedRun(
        handler.name, args.model, shown.path, summary, options.max_failed,
        judged=not args.inference, generated=not args.check, training=handler.for_training,
    )  # fmt: skip
    status = run.status()
    console.write_reports(args, [run])
    console.print_summary(run)
    return status or judged


if __name__ == "__main__":
    cli.run(main)
