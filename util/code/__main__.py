"""Judge hostile code safely: what this machine's sandbox can do.

Examples:
  python -m util.code --self-test
  python -m util.code --self-test --sandbox any --without namespaces
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from util.code import Judging, Wanted, selftest
from util.code.judge import box_for, close_boxes
from util.system import cli


def main(arguments: Sequence[str]) -> int:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--self-test", action="store_true", required=True, help="judge canaries, show the layers")
    parser.add_argument("--sandbox", choices=("full", "strong", "any"), default="strong", help="least level accepted")
    parser.add_argument(
        "--without", choices=("namespaces", "landlock", "seccomp"), nargs="+", default=[], help="leave layers out"
    )
    return self_test(parser.parse_args(arguments))


def self_test(args: argparse.Namespace) -> int:
    """Print layers and canaries; 1 if one was misjudged."""
    wanted = Wanted(args.sandbox, *(name not in args.without for name in ("namespaces", "landlock", "seccomp")))
    box = box_for(wanted)
    print(selftest.describe(box.level, box.layers))
    wrong = 0
    for canary, reason in selftest.run(Judging(wanted=wanted), quick=False):
        right = reason == canary.reason
        wrong += not right
        print(f"  {'ok   ' if right else 'WRONG'} {canary.what:22} {reason}" + ("" if right else f" ({canary.reason})"))
    close_boxes()
    print("every canary was judged rightly" if not wrong else f"{wrong} canaries were misjudged: do not check here")
    return 1 if wrong else 0


if __name__ == "__main__":
    cli.run(main)
