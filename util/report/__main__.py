"""A report of result files: one HTML page, readable without a network.

    python -m util.report data/ --output report.html
    python -m util.report results/QwQ-32B-Preview_AIME_train_2024_0_-1.json --output aime.html

Of a folder with converted files, the page also shows the funnel from responses to training data.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from util.metrics.estimators import SCORERS
from util.report import result_files, write_report
from util.report.collect import CONVERTED
from util.system import cli


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="result files, or folders of them")
    parser.add_argument("--output", type=Path, default=Path("report.html"), help="file to write")
    parser.add_argument("--best-of-n-by", choices=SCORERS, help="also show best-of-n by this scorer")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    files = result_files(args.paths)
    funnel = training_funnel([path for path in files if path.name.startswith(CONVERTED)], args.output)
    command = shlex.join(["python", "-m", "util.report", *sys.argv[1:]])
    write_report(args.output, files, command, best_by=args.best_of_n_by, funnel=funnel)
    print(args.output.resolve())
    return 0


def training_funnel(converted: list[Path], output: Path) -> dict[str, int]:
    """What convert_to_data.py would make of converted files by default: stage -> responses."""
    if not converted:
        return {}
    from util.training.build import DataOptions, build
    from util.training.gather import STAGES

    report = build(DataOptions(converted, output, dry_run=True))
    total: Counter[str] = sum(report.funnel.values(), Counter())
    return {stage: total[stage] for stage in STAGES if total[stage] or stage != "extra"}


if __name__ == "__main__":
    cli.run(main)
