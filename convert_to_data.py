"""Merge converted and checked result files into training data.

    python convert_to_data.py --input_dir data --output data/train_data.json
    python convert_to_data.py --input_dir apps numina --output train.json --select shortest \\
        --decontaminate AIME,MATH500 --extra still2.jsonl --shuffle --seed 1
    python convert_to_data.py --input_dir numina --output pairs.jsonl --jsonl --format preference
    python convert_to_data.py --input_dir numina --output train.parquet --format messages --thought-style reasoning_content
    python convert_to_data.py --input_dir numina --output rl.parquet --format verl --pass-rate 0.1:0.8
    python convert_to_data.py --input-dir numina --output train.jsonl --for trl --template path/to/student

Only responses that were judged right and have both a thought and an answer are taken. The table at the end says
what was lost at which stage, by source.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import TASK_HANDLERS, own
from util.engines.options import ApiOptions, api_engine_options
from util.run.display_options import DisplayOptions, show_as
from util.system import cli
from util.system.characters import printable
from util.system.errors import UserError
from util.system.options import add_options
from util.training.options import DataOptions, add_data_options, data_options

if TYPE_CHECKING:
    from util.training.contamination_options import SameProblem
    from util.training.data_report import DataReport


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    own.register(arguments)
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--input-dir", type=Path, nargs="+", required=True, help="folders of result files, or files")
    add_data_options(parser)
    parser.add_argument("--keep-near-duplicates", action="store_true", help="drop exact duplicates only")
    parser.add_argument(
        "--decontaminate",
        default="",
        metavar="A,B=FILE",
        help="drop problems that are in these benchmarks, from the Hub or a local file (see --decontaminate-by)",
    )
    parser.add_argument(
        "--extra-domains", metavar="A,B", help="domains of STILL-2 rows to add; by default all but code and math"
    )
    parser.add_argument("--push-to-hub", metavar="REPO", help="upload to this private dataset repository, with a card")
    own.add_option(parser)
    add_options(parser, ApiOptions, "API", "the server of --decontaminate-judge")
    add_options(parser, DisplayOptions, "console")
    return parser.parse_args(arguments)


def options_of(args: argparse.Namespace) -> DataOptions:
    from tasks.questions import benchmark_questions, parse_benchmarks
    from util.training.form_options import RL_FORMATS, TAGGED, ThoughtForm
    from util.training.input_files import input_files
    from util.training.trainers_choice import set_form

    if (note := set_form(args)) is not None:
        print(printable(note))
    for_rl = args.format in RL_FORMATS
    if for_rl:
        from tasks.ground_truth import ground_truth
    found = input_files(args.input_dir, args.use, ThoughtForm(TAGGED if for_rl else args.thought_style))
    for note in found.notes:
        print(printable(note), file=sys.stderr)
    benchmarks = parse_benchmarks(args.decontaminate)
    judge: SameProblem | None = None
    if args.decontaminate_judge:
        from util.distill.same_problem import ProblemJudge

        judge = ProblemJudge(api_engine_options(args.decontaminate_judge, args), args.output, args.dry_run)
    return data_options(
        args,
        files=found.paths,
        datasets=tuple(TASK_HANDLERS),
        near_duplicates=None if args.keep_near_duplicates else args.near_duplicates,
        domains=args.extra_domains.split(",") if args.extra_domains else None,
        questions=(lambda: benchmark_questions(benchmarks)) if benchmarks else None,
        same_problem=judge,
        truth_of=ground_truth if for_rl else None,
        measured=args.card is not None or bool(args.push_to_hub),
    )


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    show_as(args)
    from util.training.build import build
    from util.training.data_report import dropped_lines, funnel_table, judge_lines, no_rows, notation_lines
    from util.training.trainer_entries import entry_texts

    options = options_of(args)
    report = build(options)
    print(printable(funnel_table(report.funnel)))
    of_responses = notation_lines(report, options.files) if options.has_responses else []
    for line in (*of_responses, *judge_lines(report)):
        print(line)
    if report.rates:
        print("pass rates: " + ", ".join(f"{count} problems {place}" for place, count in sorted(report.rates.items())))
    print(f"{report.near_duplicates} problems dropped as near duplicates")
    decontaminated = report.contamination.lines() if report.contamination is not None else ()
    for line in (*decontaminated, *dropped_lines(report), *report.mix):
        print(printable(line))
    for reason, count in report.left_out.items():
        print(printable(f"{count} left out: {reason}"))
    if report.not_judged:
        print(f"{report.not_judged} responses are not judged; run --check to use them", file=sys.stderr)
    if not report.written and not args.dry_run:
        raise UserError(f"{no_rows(report, has_responses=options.has_responses)} {options.output} was not written.")
    if not args.dry_run:
        print(printable(f"{report.written} rows: {args.output}"))
        if options.entries is not None:  # asked for by name
            print(*map(printable, entry_texts(options)), sep="\n")
        if options.passport is not None:
            print(printable(f"passport: {options.passport}"))
        publish(options, report, args.push_to_hub)
    return 0


def publish(options: DataOptions, report: DataReport, repository: str | None) -> None:
    """Write the card and upload the files, as far as it is wanted."""
    if not options.measured:
        return
    from util.run.options import typed_command
    from util.training.card import card, write_card
    from util.training.publication_options import card_file
    from util.training.push import push

    date = time.strftime("%Y-%m-%d")
    text = card(options, report, typed_command(), date)
    if (path := card_file(options.card, options.output)) is not None:
        write_card(path, text, options, report)
        print(printable(f"card: {path}"))
    if repository:
        print(printable(push(options, report, repository, text)))


if __name__ == "__main__":
    cli.run(main)
