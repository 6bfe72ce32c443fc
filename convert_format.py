"""Rewrite each response of result files into a thought and a solution section.

    python convert_format.py --input_dir data --keys keys.txt       # by GPT-4o-mini
    python convert_format.py --input_dir data --rewriter rules      # without any API

Writes converted_NAME.json beside each result file NAME.json.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from util.distill import rewrite as conversion
from util.engines import API_PREFIX, EngineOptions, make_engine, spending
from util.engines.prices import estimate
from util.system import cli


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--input-dir", type=Path, required=True, help="folder of result files")
    parser.add_argument("--rewriter", choices=("api", "rules"), default="api", help="a model, or rules without any API")
    parser.add_argument("--model", default="gpt-4o-mini", help="the model that rewrites")
    parser.add_argument("--max-tokens", type=cli.positive_int, default=16384, help="tokens per rewrite at most")
    parser.add_argument(
        "--min-similarity",
        type=cli.share,
        default=0.5,
        metavar="S",
        help="share of the response's word trigrams that the rewritten thought must keep",
    )
    parser.add_argument("--only-correct", action="store_true", help="rewrite only responses that passed a check")
    parser.add_argument("--dry-run", action="store_true", help="list the files and requests, then end")
    cli.add_api_options(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    files = conversion.result_files(args.input_dir)
    options = EngineOptions(API_PREFIX + args.model.removeprefix(API_PREFIX), **cli.api_options(args))
    rewriting = conversion.RewriteOptions(args.model, args.max_tokens, args.min_similarity, keep(args))
    if args.rewriter == "api":
        requests = (r for path in files for r in conversion.rewrite_requests(path, rewriting))
        print(f"all responses: {estimate(requests, options.budget(), conversion.rewritten_tokens)}", file=sys.stderr)
    if args.dry_run:
        for path in files:
            print(f"{path}: {conversion.count_wanted(path, keep(args))} responses to convert")
        print(f"rewriter: {args.rewriter}{f', {args.model}' if args.rewriter == 'api' else ''}")
        return 0
    if args.rewriter == "rules":
        for path in files:
            conversion.print_counts(path, conversion.convert_by_rules(path, keep(args)))
        return 0
    engine = make_engine(options)
    with spending(engine, conversion.rewritten_tokens):
        failed = 0
        for path in files:
            counts = conversion.convert_by_api(path, engine, rewriting)
            failed += counts[conversion.RETRIABLE]
            conversion.print_counts(path, counts)
    return cli.failed_status(failed)


def keep(args: argparse.Namespace) -> Any:
    return lambda response: not args.only_correct or response.get("correctness") is True


if __name__ == "__main__":
    cli.run(main)
