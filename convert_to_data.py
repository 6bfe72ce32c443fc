"""Merge converted and checked result files into training data.

    python convert_to_data.py --input_dir data --output data/train_data.json
    python convert_to_data.py --input_dir apps numina --output train.json --select shortest \\
        --decontaminate AIME,MATH500 --extra still2.jsonl --shuffle --seed 1
    python convert_to_data.py --input_dir numina --output pairs.jsonl --jsonl --format preference

Only responses that were judged right and have both sections are taken. The table at the end says
what was lost at which stage, by source.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from util.system import cli
from util.training import build, formats, gather


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--input-dir", type=Path, nargs="+", required=True, help="folders of converted_*.json files")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    parser.add_argument(
        "--format",
        choices=formats.FORMATS,
        default="sharegpt",
        help="sharegpt for LLaMA-Factory, messages and preference for TRL",
    )
    parser.add_argument("--jsonl", action="store_true", help="one object a line instead of a JSON list")
    group = parser.add_argument_group("what is taken")
    group.add_argument(
        "--select",
        choices=build.SELECTIONS,
        default="all",
        help="which right responses of a problem, by length in characters",
    )
    group.add_argument(
        "--max-per-problem",
        type=cli.positive_int,
        metavar="N",
        help="responses per problem at most; else all with --select all, and one",
    )
    group.add_argument(
        "--rejected",
        choices=build.REJECTED,
        default="both",
        help="for preferences: what stands against the shortest right response",
    )
    group.add_argument(
        "--near-duplicates",
        type=cli.fraction,
        default=0.9,
        metavar="J",
        help="drop a problem whose question is at least this similar to an earlier one (Jaccard); numbers must agree",
    )
    group.add_argument("--keep-near-duplicates", action="store_true", help="drop exact duplicates only")
    group.add_argument(
        "--decontaminate",
        default="",
        metavar="A,B=FILE",
        help="drop problems that share 13 words in a row with these benchmarks, from the Hub or a local file",
    )
    group.add_argument(
        "--extra",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="STILL-2 rows or ready ShareGPT or messages files to add",
    )
    group.add_argument(
        "--extra-domains", metavar="A,B", help="domains of STILL-2 rows to add; else all but code and math"
    )
    group.add_argument("--shuffle", action="store_true", help="mix the rows")
    group.add_argument("--seed", type=int, default=0, help="of --shuffle")
    parser.add_argument("--push-to-hub", metavar="REPO", help="upload to this private dataset repository, with a card")
    parser.add_argument("--dry-run", action="store_true", help="count, write nothing")
    return parser.parse_args(arguments)


def options_of(args: argparse.Namespace) -> build.DataOptions:
    from tasks import TASK_HANDLERS
    from tasks.questions import benchmark_questions, parse_benchmarks

    benchmarks = parse_benchmarks(args.decontaminate)
    return build.DataOptions(
        files=gather.converted_files(args.input_dir),
        output=args.output,
        datasets=tuple(TASK_HANDLERS),
        select=args.select,
        max_per_problem=args.max_per_problem,
        near_duplicates=None if args.keep_near_duplicates else args.near_duplicates,
        questions=(lambda: benchmark_questions(benchmarks)) if benchmarks else None,
        extra=args.extra,
        domains=args.extra_domains.split(",") if args.extra_domains else None,
        shuffle=args.shuffle,
        seed=args.seed,
        form=args.format,
        rejected=args.rejected,
        jsonl=args.jsonl,
        dry_run=args.dry_run,
    )


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    options = options_of(args)
    report = build.build(options)
    print(build.funnel_table(report.funnel))
    print(f"{report.near_duplicates} problems dropped as near duplicates")
    for name, count in report.contaminated.items():
        print(f"{count} problems dropped because they overlap with {name}")
    for reason, count in report.left_out.items():
        print(f"{count} left out: {reason}")
    if report.not_judged:
        print(f"{report.not_judged} responses are not judged; run --check to use them", file=sys.stderr)
    if not args.dry_run:
        print(f"{report.written} rows: {args.output}")
    if args.push_to_hub and not args.dry_run:
        from util.training.push import push

        print(push(options, report, args.push_to_hub, shlex.join(["python", *sys.argv])))
    return 0


if __name__ == "__main__":
    cli.run(main)
