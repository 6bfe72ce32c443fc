"""Run benchmarks with one loaded model and report their accuracy.

    python eval.py --model Qwen/QwQ-32B-Preview --evals=AIME,MATH500,GPQADiamond --tp=8 \\
        --output_file=results.txt

    python eval.py --model M --evals AIME --n 8 --preset --report aime.html --csv aime.csv
    python eval.py --model M --evals "MMLU:subject=law,AIME:year=2023,LiveCodeBench:v6:hard,math" --set AIME.n=64
    python eval.py --model M --evals AIME --thinking-budgets 1k,2k,4k,8k --csv curve.csv --report curve.html
    python eval.py --model M --evals LiveCodeBench,AIME:all --cutoff 2024-11-28   # the model's release
    python eval.py --compare results_a results_b --report compare.html   # the same problems, paired
    python eval.py --reproduce aime.html                # the command that repeats it
    python eval.py --rejudge lm_eval_outputs/ --explain 5   # other tools' results, judged again

--output_file gets {"AIME": accuracy, ...}, with null for a benchmark without a score (see --max-failed), and {model:
{"AIME": accuracy}} when it has several models; details, with 95 % intervals, go to a file beside it.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tasks import TASK_HANDLERS, benchmark_parts, own
from util.distill.judge_options import add_judge_options, judge_options
from util.referee.options import add_rejudge_options
from util.run.display_options import show_as
from util.run.few_shot_options import FewShotOptions
from util.run.options import add_run_options
from util.run.output_options import OutputOptions
from util.run.own_settings import settled, with_settings
from util.run.precision_options import PrecisionOptions
from util.system import cli
from util.system.arguments import positive_int, token_counts
from util.system.characters import printable
from util.system.command_words import hyphenated
from util.system.errors import UserError
from util.system.options import add_options

HELP = (
    "benchmarks, separated by commas, in any case. A part: NAME:COLUMN=VALUE or NAME:SOURCE, as in MMLU:subject=law, "
    "AIME:year=2023, LiveCodeBench:v6:hard, MATH500:level=5. "
    f"Groups: {', '.join(benchmark_parts.GROUPS)}. Benchmarks: {', '.join(TASK_HANDLERS)}"
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--evals", default="", help=HELP)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME.OPTION=VALUE",
        help="a sampling option of one benchmark, in place of the general one: AIME.n=64, MATH500.max_tokens=4096, "
        "MMLU:subject=law.temperature=0.6, AIME.top_k=20",
    )
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
    add_options(parser, OutputOptions)
    own.add_option(parser)
    add_rejudge_options(parser)
    add_run_options(parser, required=False)
    add_options(parser, FewShotOptions, "few-shot")
    add_options(parser, PrecisionOptions, "precision")
    add_judge_options(parser)
    args = parser.parse_args(arguments)
    if args.compare or args.reproduce or args.rejudge:
        return args
    if not args.model or not args.evals:
        parser.error("--model and --evals are needed (or --compare, --reproduce, or --rejudge)")
    args.output_file = args.output_file or Path("results.txt")
    try:
        options = {word.partition("=")[0] for word in map(hyphenated, arguments)}
        args.chosen = settled(benchmark_parts.chosen(args.evals), args.set, options, TASK_HANDLERS.named)
        args.paths = local_paths(args)
        for each in args.chosen:
            with_settings(args, each)
    except UserError as error:
        parser.error(str(error))
    return args


def local_paths(args: argparse.Namespace) -> dict[str, Path]:
    """Benchmark -> its local rows; "" -> those of all others."""
    found, names = {}, {each.handler.name for each in args.chosen}
    for given in args.dataset_path:
        name, equals, path = given.partition("=")
        name = TASK_HANDLERS.named(name) if equals else ""
        if equals and name not in names:
            raise UserError(f"--dataset-path {given}: {name!r} is not among --evals")
        found[name] = Path(path if equals else given)
    return found


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
    show_as(args)
    if args.reproduce:
        from util.report.reproduce import reproduce

        print(printable(reproduce(args.reproduce)))
        return 0
    if args.compare:
        from util.report import comparison
        from util.results.output_checks import METRICS, PAGE, check_output

        for option, path, kind in (("--csv", args.csv, METRICS), ("--report", args.report, PAGE)):
            if path:
                check_output(path, option, kind)

        found = comparison.compare_folders(args.compare[0], args.compare[1], TASK_HANDLERS)
        print(printable("\n".join(comparison.described(each) for each in found)))
        if args.csv:
            from util.results.writing import locked

            with locked(args.csv):
                comparison.write_flips(args.csv, found)
        if args.report:
            from util.report.compare_page import write_comparison
            from util.run.options import typed_command

            write_comparison(args.report, args.compare[0], args.compare[1], found, typed_command())
        return 0
    if args.rejudge:
        return rejudged(args)
    from tasks.dates import DATED
    from util.distill.judge import after_check
    from util.run.benchmarks import evaluate
    from util.run.cutoff import splitter

    split = splitter(args.cutoff, [each.label for each in args.chosen], DATED)
    judge = partial(after_check, judge_options(args), args.max_failed, repair=args.repair)
    for each in args.chosen:
        benchmark_parts.check_rows(each, args.paths.get(each.handler.name, args.paths.get("")))
    return evaluate(args, args.chosen, judge, split)


if __name__ == "__main__":
    cli.run(main)
