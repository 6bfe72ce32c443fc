r"""Explain a verdict: how the two answers are parsed, and whether they are equivalent. Or compare many verdicts.

Examples:
  python -m util.answers '\frac{1}{2}' '0.5'
  python -m util.answers --response '\frac{1}{2}' 'So it is half. The answer is \boxed{0.5}.'
  python -m util.answers --audit results.json --csv audit.csv --html audit.html
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from util.answers.explanation import comparison_lines, extraction_lines
from util.answers.extract import extract
from util.answers.policy import Policy
from util.system import cli
from util.system.characters import printable

SHOWN = 20
"""Disagreements of each kind that an audit prints; the table and the page hold all."""


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("gold", nargs="?", help="the gold answer")
    parser.add_argument("answer", nargs="?", help="the answer to judge; with --response, a complete response")
    parser.add_argument("--response", action="store_true", help="extract the answer from a response first")
    parser.add_argument(
        "--lenient",
        action="store_true",
        help="with --response or --audit: if no answer is marked, take the last formula or number",
    )
    parser.add_argument(
        "--fallback", action="store_true", help="fall back to math-verify when the built-in parser fails"
    )
    parser.add_argument(
        "--unevaluated",
        choices=("reject", "accept"),
        default="reject",
        help="computations (a sum, an integral, 20!) where the gold answer is their value",
    )
    parser.add_argument(
        "--audit", type=Path, metavar="FILE",
        help="judge a result file, or the lines of a JSONL file with gold and answer or output, by these rules and by math-verify",
    )  # fmt: skip
    parser.add_argument("--csv", type=Path, metavar="OUT", help="with --audit: write the disagreements as a table")
    parser.add_argument("--html", type=Path, metavar="OUT", help="with --audit: write a page of the disagreements")
    args = parser.parse_args(arguments)
    if args.audit:
        if args.gold is not None or args.response or args.fallback:
            parser.error("--audit takes a file, not answers, --response or --fallback")
        return audit(args)
    if args.gold is None or args.answer is None:
        parser.error("give a gold answer and an answer, or --audit FILE")
    return explain(args)


def audit(args: argparse.Namespace) -> int:
    """Judge a file by both verifiers, print the disagreements, write them where wanted. Returns the exit status."""
    from tqdm import tqdm

    from util.answers.audit import KINDS, as_csv, audited, counted, items_of
    from util.answers.audit_page import page
    from util.answers.second_opinion import SecondOpinion
    from util.results.output_checks import ANSWERS, PAGE, check_output
    from util.results.writing import write_atomically
    from util.system.packages import require

    require("math_verify")
    for path, name, form in ((args.csv, "--csv", ANSWERS), (args.html, "--html", PAGE)):
        if path is not None:
            check_output(path, name, form)
    items, opinion = items_of(args.audit), SecondOpinion()
    try:
        rows = list(
            tqdm(audited(items, opinion, lenient=args.lenient), total=len(items), unit="answer", file=sys.stderr)
        )
    finally:
        opinion.close()
    for kind in KINDS:
        for row in [row for row in rows if row.kind == kind][:SHOWN]:
            words = (kind, row.item.gold, row.answer, f"ours: {row.ours.reason}", f"math-verify: {row.theirs.reason}")
            print(printable(" | ".join(words)))
    for kind, count in counted(rows).items():
        print(f"{count:>8,}  {kind}")
    if args.csv:
        write_atomically(args.csv, [as_csv(rows)])
    if args.html:
        write_atomically(args.html, page(rows, args.audit.name))
    return 0


def explain(args: argparse.Namespace) -> int:
    """Print each step. Returns the exit status: 0 if the answers are equivalent, else 1."""
    answer = args.answer
    if args.response:
        found = extract(args.answer, lenient=args.lenient)
        print("\n".join(extraction_lines(found)))
        if (answer := found.answer) is None:
            return 1
    policy = Policy(fallback=args.fallback, unevaluated=args.unevaluated == "accept")
    verdict, lines = comparison_lines(args.gold, answer, policy)
    print("\n".join(lines))
    return 0 if verdict.correct else 1


if __name__ == "__main__":
    cli.run(main)
