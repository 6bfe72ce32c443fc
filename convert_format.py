"""Rewrite each response of result files into a thought and a solution section.

    python convert_format.py --input_dir data --keys keys.txt       # by GPT-4o-mini
    python convert_format.py --input_dir data --rewriter rules      # without any API

Writes converted_NAME.json beside each result file NAME.json.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
from collections.abc import Sequence
from pathlib import Path

from util.engines.options import add_api_options, api_engine_options
from util.run.display_options import DisplayOptions, show_as
from util.system import cli
from util.system.arguments import positive_int, share
from util.system.characters import printable
from util.system.messages import tell
from util.system.options import add_options
from util.system.tolerance import ToleranceOptions


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--input-dir", type=Path, required=True, help="folder of result files")
    parser.add_argument("--rewriter", choices=("api", "rules"), default="api", help="a model, or rules without any API")
    parser.add_argument("--model", default="gpt-4o-mini", help="the model that rewrites")
    parser.add_argument("--max-tokens", type=positive_int, default=16384, help="maximum tokens per rewrite")
    parser.add_argument(
        "--min-similarity",
        type=share,
        default=0.5,
        metavar="S",
        help="share of the response's word trigrams that the rewritten thought must keep",
    )
    parser.add_argument("--only-correct", action="store_true", help="rewrite only responses that passed a check")
    parser.add_argument("--dry-run", action="store_true", help="list the files and requests, then end")
    parser.add_argument(
        "--repair", action="store_true", help="set damaged lines of journals aside, and request their rewrites again"
    )
    add_api_options(parser)
    add_options(parser, ToleranceOptions)
    add_options(parser, DisplayOptions, "console")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    show_as(args)
    from util.distill import conversions, rewrite
    from util.engines import make_engine, spending
    from util.engines.prices import estimate
    from util.results.json_file import read_results
    from util.results.paths import ResultPaths
    from util.run.ending import exit_status, request_outcome

    files, unreadable = rewrite.files_to_rewrite(args.input_dir)
    engine_options = api_engine_options(args.model, args)
    options = rewrite.RewriteOptions(args.model, args.max_tokens, args.min_similarity, args.only_correct)
    if args.rewriter == "api":
        requests = (request for path in files for request in rewrite.rewrite_requests(path, options))
        expected = estimate(requests, engine_options.budget(), rewrite.rewritten_tokens)
        tell(f"all responses: {expected}")
    if args.dry_run:
        for path in files:
            print(f"{printable(str(path))}: {rewrite.count_wanted(path, options)} responses to convert")
        print(printable(f"rewriter: {args.rewriter}{f', {args.model}' if args.rewriter == 'api' else ''}"))
        return 1 if unreadable else 0
    counts, status = conversions.Conversions(), 0
    if args.rewriter == "rules":
        for path in files:
            found = rewrite.convert_by_rules(path, options)
            conversions.print_counts(path, found)
            counts.add(found)
        conversions.print_next(files, counts)
        return conversions.conversion_status(counts) or (1 if unreadable else 0)
    engine = make_engine(engine_options, rewrite.rewritten_tokens)
    with spending(engine):
        for path in files:
            found = rewrite.convert_by_api(path, engine, options, repair=args.repair)
            conversions.print_counts(path, found)
            counts.add(found)
            output = ResultPaths(path).converted.path
            outcome = request_outcome(output, (entry.key for entry in read_results(path)), "rewrites")
            if outcome.total:
                status |= exit_status(outcome, args.max_failed, f"{output.name} by {args.model}")
    conversions.print_next(files, counts)
    return conversions.conversion_status(counts) or status or (1 if unreadable else 0)


if __name__ == "__main__":
    cli.run(main)
