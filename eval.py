"""Run benchmarks with one loaded model and report their accuracy.

    python eval.py --model Qwen/QwQ-32B-Preview --evals=AIME,MATH500,GPQADiamond --tp=8 \\
        --output_file=results.txt

    python eval.py --model M --evals AIME --n 8 --preset --report aime.html --csv aime.csv
    python eval.py --model M --evals AIME --thinking-budgets 1k,2k,4k,8k --csv curve.csv --report curve.html
    python eval.py --model M --evals LiveCodeBench,AIME --cutoff 2024-11-28   # the model's release
    python eval.py --compare results_a results_b        # the same problems, paired
    python eval.py --reproduce aime.html                # the command that repeats it
    python eval.py --rejudge lm_eval_outputs/ --explain 5   # other tools' results, judged again

--output_file gets {"AIME": accuracy, ...}, with null for a benchmark without a score (see --max-failed); details,
with 95 % intervals, go to a file beside it.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tasks import TASK_HANDLERS, own
from util.distill.judge_options import add_judge_options, judge_options
from util.referee.options import add_rejudge_options
from util.run.options import add_run_options
from util.system import cli
from util.system.arguments import day, positive_int, token_counts
from util.system.characters import printable


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--evals", default="", help=f"benchmarks, separated by commas: {', '.join(TASK_HANDLERS)}")
    parser.add_argument("--output-file", type=Path, help="JSON of benchmark to accuracy; by default results.txt")
    parser.add_argument("--limit", type=positive_int, help="only the first problems of each benchmark")
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
    parser.add_argument(
        "--thinking-budgets",
        type=token_counts,
        default=[],
        metavar="N,N,...",
        help="cut the thoughts of the finished run at each of these numbers of tokens, for example 1k,2k,4k,8k, ask for the "
        "answer there, and report accuracy against thinking tokens; costs the answers alone",
    )
    parser.add_argument(
        "--cutoff",
        type=day,
        metavar="DATE",
        help="also give the accuracy on problems from before and since this day, such as the model's release, and the "
        "difference: a fall hints at contamination (LiveCodeBench, AIME and other contests with dates)",
    )
    own.add_option(parser)
    add_rejudge_options(parser)
    add_run_options(parser, required=False)
    add_judge_options(parser)
    args = parser.parse_args(arguments)
    if args.compare or args.reproduce or args.rejudge:
        return args
    if not args.model or not args.evals:
        parser.error("--model and --evals are needed (or --compare, --reproduce, or --rejudge)")
    args.output_file = args.output_file or Path("results.txt")
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


def rejudged(args: argparse.Namespace) -> int:
    from tasks.foreign import ForeignTasks, graders_of
    from util.foreign.case import Judge
    from util.referee import command
    from util.system.options import options_from
    from util.task import CheckOptions

    options = options_from(CheckOptions, args)
    path = Path(args.dataset_path[0]) if args.dataset_path else None
    tasks = ForeignTasks(args.task, path, options)
    return command.run(args, Judge(tasks.case, tasks.checkers), graders_of(args.graders), workers=options.workers)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.reproduce:
        from util.report.reproduce import reproduce

        print(printable(reproduce(args.reproduce)))
        return 0
    if args.compare:
        from util.report import comparison

        found = comparison.compare_folders(args.compare[0], args.compare[1], TASK_HANDLERS)
        print(printable("\n".join(comparison.described(each) for each in found)))
        if args.csv:
            from util.results.writing import locked

            with locked(args.csv):
                comparison.write_flips(args.csv, found)
        return 0
    if args.rejudge:
        return rejudged(args)
    from tasks.dates import DATED
    from util.distill.judge import after_check
    from util.run.benchmarks import evaluate
    from util.run.cutoff import splitter

    split = splitter(args.cutoff, args.names, DATED)
    judge = partial(after_check, judge_options(args), args.max_failed, repair=args.repair)
    return evaluate(args, {name: TASK_HANDLERS[name]() for name in args.names}, judge, split)


if __name__ == "__main__":
    cli.run(main)
