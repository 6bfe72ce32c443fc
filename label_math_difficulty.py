"""Label how hard NuminaMath problems are, from 1 to 10, with GPT-4o-mini.

    python label_math_difficulty.py --source amc_aime --keys keys.txt

Writes labeled_{source}_{start}_{end}.json; --difficulty-labels reads it later.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks import TASK_HANDLERS, Selection
from util.distill import difficulty as labelling
from util.engines import API_PREFIX, EngineOptions, make_engine, spending
from util.engines.prices import estimate
from util.system import cli


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--source", nargs="+", required=True, help="source or sources: amc_aime, math, olympiads, ...")
    parser.add_argument("--start", type=cli.non_negative_int, default=0, help="first row of each source's rows")
    parser.add_argument("--end", type=cli.end_index, default=-1, help="row to stop before; -1 is the end")
    parser.add_argument("--split", default="train", help="the dataset's split")
    parser.add_argument("--model", default="gpt-4o-mini", help="the model that labels")
    parser.add_argument("--output-dir", "--result-dir", type=Path, default=Path("."), help="folder of the labels")
    parser.add_argument("--dataset-path", type=Path, metavar="FILE", help="local rows instead of the Hub's")
    parser.add_argument("--dry-run", action="store_true", help="count rows and show the first request, then end")
    cli.add_api_options(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    name = f"labeled_{'-'.join(args.source)}_{args.start}_{args.end}.json"
    handler = TASK_HANDLERS["NUMINA"]()

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        for source in args.source:
            selection = Selection(args.split, source, args.start, args.end, dataset_path=args.dataset_path)
            yield from handler.select(selection)

    options = EngineOptions(API_PREFIX + args.model.removeprefix(API_PREFIX), **cli.api_options(args))
    budget = options.budget()
    expected = estimate(
        (labelling.request(key, row) for key, row in rows()), budget, lambda request: labelling.TYPICAL_TOKENS
    )
    if args.dry_run:
        everything = list(rows())
        print(f"rows:    {len(everything)} of {', '.join(args.source)}")
        print(f"model:   {args.model}")
        print(f"output:  {args.output_dir / name}")
        print(f"cost:    {expected}")
        for message in labelling.request(*everything[0]).messages:
            print(f"  [{message['role']}] {message['content'][:1200]}")
        return 0
    engine = make_engine(options)
    print(f"all rows: {expected}", file=sys.stderr)
    with spending(engine, lambda request: labelling.TYPICAL_TOKENS):
        count, unparsed, failed = labelling.label(rows, args.output_dir / name, engine, args.model)
    print(f"{count} problems, {unparsed} without a readable label (-1): {args.output_dir / name}")
    return cli.failed_status(failed)


if __name__ == "__main__":
    cli.run(main)
