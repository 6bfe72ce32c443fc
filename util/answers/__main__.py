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
from dataclasses import fields
from pathlib import Path

from util.answers.extract import extract
from util.answers.layers import compare
from util.answers.layout import canonical, cleaned
from util.answers.policy import Policy
from util.answers.syntax.grammar import parse_answer
from util.answers.syntax.nodes import Const, Node, Num, Sym, Unreadable
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
    from util.results.writing import check_writable, write_atomically
    from util.system.packages import require

    require("math_verify")
    for path, name in ((args.csv, "--csv"), (args.html, "--html")):
        if path is not None:
            check_writable(path, name)
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
        for candidate in found.candidates:
            fault = candidate.fault or ("a remark, if another statement counts" if candidate.weak else "a statement")
            print(f"candidate:   {candidate.text!r} ({candidate.kind} at {candidate.start}): {fault}")
        answer = found.answer
        print(f"extracted:   {answer!r}: {found.reason}")
        if answer is None:
            print("verdict:     no final answer found")
            return 1
    for label, text in (("gold", args.gold), ("answer", answer)):
        print(f"{label + ' text:':<12} {printable(canonical(text))}")
        print(f"{label + ' read:':<12} {printable(_tree(cleaned(text)))}")
    verdict = compare(args.gold, answer, Policy(fallback=args.fallback, unevaluated=args.unevaluated == "accept"))
    word = {True: "the same", False: "not the same", None: "no verdict"}[verdict.correct]
    layer = verdict.evidence["layer"]
    print(f"verdict:     {word}: {printable(verdict.reason)}" + (f" (by {layer})" if layer else ""))
    return 0 if verdict.correct else 1


def _tree(text: str) -> str:
    try:
        return _shown(parse_answer(text))
    except Unreadable as error:
        return f"cannot be parsed: {error}"


def _shown(item: object) -> str:
    """A node as its kind and parts; a number, symbol or constant as itself."""
    if isinstance(item, Num):
        return str(item.value) if item.places is None else f"{item.value} ({item.places} decimal places)"
    if isinstance(item, (Sym, Const)):
        return item.name
    if isinstance(item, Node):
        parts = [getattr(item, field.name) for field in fields(item) if field.compare]
        return f"{type(item).__name__}({', '.join(map(_shown, parts))})"
    if isinstance(item, tuple):
        return f"[{', '.join(map(_shown, item))}]"
    return str(item)


if __name__ == "__main__":
    cli.run(main)
