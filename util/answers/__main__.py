r"""Explain a verdict: how the two answers are parsed, and whether they are equivalent.

Examples:
  python -m util.answers '\frac{1}{2}' '0.5'
  python -m util.answers --response '\frac{1}{2}' 'So it is half. The answer is \boxed{0.5}.'
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from util.answers.extract import extract
from util.answers.grammar import parse_answer
from util.answers.layers import compare
from util.answers.layout import canonical, cleaned
from util.answers.nodes import Node, Unreadable
from util.system import cli
from util.system.characters import printable


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("gold", help="the gold answer")
    parser.add_argument("answer", help="the answer to judge; with --response, a complete response")
    parser.add_argument("--response", action="store_true", help="extract the answer from a response first")
    parser.add_argument(
        "--lenient",
        action="store_true",
        help="with --response: if no answer is marked, take the last formula or number",
    )
    parser.add_argument(
        "--fallback", action="store_true", help="fall back to math-verify when the built-in parser fails"
    )
    args = parser.parse_args(arguments)
    return explain(args)


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
    verdict = compare(args.gold, answer, fallback=args.fallback)
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
