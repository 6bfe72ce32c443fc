"""Label how hard NuminaMath problems are, from 1 to 10, with GPT-4o-mini.

    python label_math_difficulty.py --source amc_aime --keys keys.txt

Writes labeled_{source}_{start}_{end}.json; --difficulty-labels reads it later.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import TASK_HANDLERS
from util.engines.options import add_api_options, api_engine_options
from util.run.display_options import DisplayOptions, show_as
from util.system import cli
from util.system.arguments import end_index, non_negative_int, positive_int
from util.system.characters import printable
from util.system.messages import tell
from util.system.options import add_options
from util.system.tolerance import ToleranceOptions

if TYPE_CHECKING:
    from util.records import Row


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--source", nargs="+", required=True, help="source or sources: amc_aime, math, olympiads, ...")
    parser.add_argument("--start", type=non_negative_int, default=0, help="first row of each source's rows")
    parser.add_argument("--end", type=end_index, default=-1, help="row to stop before; -1 is the end")
    parser.add_argument("--split", default="train", help="the dataset's split")
    parser.add_argument("--model", default="gpt-4o-mini", help="the model that labels")
    parser.add_argument(
        "--max-tokens",
        type=positive_int,
        default=1024,
        help="maximum tokens per answer, with its thought; a level takes some 40, a model that thinks first may need "
        "8192. Rate limits often count the maximum. A higher one requests truncated labels again",
    )
    parser.add_argument("--output-dir", "--result-dir", type=Path, default=Path("."), help="folder of the labels")
    parser.add_argument("--dataset-path", type=Path, metavar="FILE", help="local rows instead of the Hub's")
    parser.add_argument("--dry-run", action="store_true", help="count rows and show the first request, then end")
    parser.add_argument(
        "--repair", action="store_true", help="set damaged lines of the journal aside, and request their labels again"
    )
    add_api_options(parser)
    add_options(parser, ToleranceOptions)
    add_options(parser, DisplayOptions, "console")
    return parser.parse_args(arguments)


def selected(args: argparse.Namespace) -> Iterator[tuple[str, Row]]:
    """The rows of all sources."""
    from util.task import Selection

    handler = TASK_HANDLERS["NUMINA"]()
    for source in args.source:
        selection = Selection(args.split, source, args.start, args.end, dataset_path=args.dataset_path)
        yield from handler.select(selection)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    show_as(args)
    from util.distill import difficulty
    from util.engines import make_engine, spending
    from util.run.ending import exit_status, request_outcome
    from util.run.rows import RowIndex

    output = args.output_dir / f"labeled_{'-'.join(args.source)}_{args.start}_{args.end}.json"
    options = api_engine_options(args.model, args)
    budget = options.budget()
    if args.dry_run:
        first, expected = difficulty.planned(selected(args), budget, args.max_tokens)
        print(printable(f"rows:    {expected.requests} of {', '.join(args.source)}"))
        print(printable(f"model:   {args.model}"))
        print(printable(f"output:  {output}"))
        print(f"cost:    {expected}")
        for message in first:
            print(f"  [{message.role}] {printable(message.content[:1200])}")
        return 0
    with RowIndex(selected(args), args.output_dir) as rows:
        _, expected = difficulty.planned(rows.items(), budget, args.max_tokens)
        engine = make_engine(options, difficulty.typical_tokens)
        tell(f"all rows: {expected}")
        with spending(engine):
            labels = difficulty.label(rows, output, engine, args.model, args.max_tokens, repair=args.repair)
        failures = request_outcome(output, rows, "problems")
    print(printable(f"{labels.rows} problems, {labels.unparsed} without a readable label (-1): {output}"))
    unreadable = max(0, labels.unparsed - failures.failed)
    outcome = replace(failures, total=labels.rows, unjudged=unreadable, lacking="have no readable label")
    if unreadable and labels.example:
        print(f'One answer: "{labels.example}"\n  {labels.hint}', file=sys.stderr)
    return exit_status(outcome, args.max_failed, f"labels by {args.model}")


if __name__ == "__main__":
    cli.run(main)
