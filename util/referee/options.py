"""The options of ``eval.py --rejudge``."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.foreign.columns import FIELDS
from util.foreign.grader_names import GRADERS, LENIENT, OURS


def add_rejudge_options(parser: argparse.ArgumentParser) -> None:
    """The options of --rejudge, in a group of their own."""
    group = parser.add_argument_group(
        "judging other tools' results again",
        "result files of lm-eval, lighteval, evalscope, NeMo-Skills, inspect_ai, Qwen2.5-Math, LiveCodeBench, simple-evals, "
        "TRL, verl, Sky-T1, or any table. --csv and --report list the verdicts that differ.",
    )
    group.add_argument("--rejudge", type=Path, nargs="+", metavar="PATH", help="files or folders to judge again")
    group.add_argument(
        "--columns",
        metavar="FIELD=COLUMN,...",
        help=f"for tables of one's own: what {', '.join(FIELDS)} are called there",
    )
    group.add_argument(
        "--task",
        metavar="NAME",
        help="how to judge: math, choice, or a dataset of this suite, which then gives gold answers and tests by question "
        "or id; by default each response is judged by what its file says",
    )
    group.add_argument(
        "--graders",
        default=f"{OURS},{LENIENT}",
        metavar="A,B",
        help=f"which graders judge: {', '.join(GRADERS)}; the first is the one whose differences are listed",
    )
    group.add_argument(
        "--explain", type=int, default=0, metavar="N", help="print the first N responses whose verdicts differ"
    )
