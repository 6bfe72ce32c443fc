"""Test the sandbox that runs untrusted code, and show what it can do on this machine.

Examples:
  python -m util.code --self-test
  python -m util.code --self-test --sandbox any --without namespaces
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from util.code import selftest
from util.code.interpreters import interpreter
from util.code.judge import box_for, close_boxes
from util.code.problem import Judging, Wanted
from util.system import cli
from util.system.errors import UserError


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument(
        "--self-test", action="store_true", required=True, help="judge programs with a known verdict, print the layers"
    )
    parser.add_argument("--sandbox", choices=("full", "strong", "any"), default="strong", help="minimum sandbox level")
    parser.add_argument(
        "--without", choices=("namespaces", "landlock", "seccomp"), nargs="+", default=[], help="layers to switch off"
    )
    parser.add_argument("--python", default="", metavar="PATH", help="interpreter that runs the programs")
    return self_test(parser.parse_args(arguments))


def self_test(args: argparse.Namespace) -> int:
    """Print the layers and each canary's verdict; return 1 if a verdict is wrong."""
    path = interpreter(args.python) if args.python else ""
    if path is None:
        raise UserError(f"--python {args.python}: there is no such interpreter of Python 3.9 or later here.")
    layers = {name: name not in args.without for name in ("namespaces", "landlock", "seccomp")}
    wanted = Wanted(args.sandbox, **layers, python=path)
    box = box_for(wanted)
    print(f"{selftest.describe(box.level, box.layers)}; {box.version}")
    wrong = 0
    for canary, reason in selftest.run(Judging(wanted=wanted), quick=False):
        right = reason == canary.reason
        wrong += not right
        print(f"  {'ok   ' if right else 'WRONG'} {canary.what:22} {reason}" + ("" if right else f" ({canary.reason})"))
    close_boxes()
    print(
        "all canaries got the expected verdict"
        if not wrong
        else f"{wrong} canaries got a wrong verdict: do not check here"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    cli.run(main)
