r"""Explain a verdict: how two answers are read, and why they are or are not the same.

Examples:
  python -m util.answers '\frac{1}{2}' '0.5'
  python -m util.answers --response '\frac{1}{2}' 'So it is half. The answer is \boxed{0.5}.'
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from util.answers import compare
from util.answers.extract import extract_answer
from util.answers.layout import canonical, cleaned
from util.answers.nodes import Node, Unreadable
from util.answers.parse import parse
from util.system import cli


def main(arguments: Sequence[str]) -> int:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("gold", help="the gold answer")
    parser.add_argument("answer", help="the answer; with --response a whole response")
    parser.add_argument("--response", action="store_true", help="find the answer in a response first")
    parser.add_argument("--lenient", action="store_true", help="with --response: take the last formula or number")
    parser.add_argument("--fallback", action="store_true", help="ask math-verify what cannot be read")
    args = parser.parse_args(arguments)
    return explain(args)


def explain(args: argparse.Namespace) -> int:
    """Print the steps; the status is 0 for the same, 1 for anything else."""
    answer = args.answer
    if args.response:
        answer = extract_answer(args.answer, lenient=args.lenient)
        print(f"extracted:   {answer!r}")
        if answer is None:
            print("verdict:     no final answer found")
            return 1
    for label, text in (("gold", args.gold), ("answer", answer)):
        print(f"{label + ' text:':<12} {canonical(text)}")
        print(f"{label + ' read:':<12} {_tree(cleaned(text))}")
    verdict = compare(args.gold, answer, fallback=args.fallback)
    word = {True: "the same", False: "not the same", None: "no verdict"}[verdict.correct]
    print(f"verdict:     {word}: {verdict.reason}" + (f" (by {verdict.layer})" if verdict.layer else ""))
    return 0 if verdict.correct else 1


def _tree(text: str) -> str:
    try:
        return _shown(parse(text))
    except Unreadable as error:
        return f"unreadable, at {error}"


def _shown(item: object) -> str:
    if isinstance(item, Node):
        if item.op == "num":
            return str(item.args[0])
        if item.op in ("sym", "const"):
            return str(item.args[0])
        return f"{item.op}({', '.join(_shown(part) for part in item.args)})"
    if isinstance(item, tuple):
        return f"[{', '.join(_shown(part) for part in item)}]"
    return str(item)


if __name__ == "__main__":
    cli.run(main)
