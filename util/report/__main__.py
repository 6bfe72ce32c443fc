"""Write a report of result files: one HTML page that works offline.

    python -m util.report data/ --output report.html
    python -m util.report results/QwQ-32B-Preview_AIME_train_2024_0_-1.json --output aime.html

For a folder with converted files, the page also shows the funnel from responses to training data.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from util.metrics.scorers import SCORERS
from util.report import write_report
from util.results.json_file import result_files
from util.results.paths import ResultPaths
from util.system import cli
from util.system.characters import printable
from util.system.options import add_options
from util.system.redaction import redacted_command
from util.system.tolerance import ToleranceOptions


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="result files or folders")
    parser.add_argument("--output", type=Path, default=Path("report.html"), help="HTML file to write")
    parser.add_argument("--best-of-n-by", choices=SCORERS, help="also show best-of-n with this scorer")
    add_options(parser, ToleranceOptions)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    files = result_files(args.paths)
    funnel = training_funnel([path for path in files if ResultPaths(path).is_converted], args.output)
    command = redacted_command(["python", "-m", "util.report", *sys.argv[1:]])
    write_report(args.output, files, command, best_by=args.best_of_n_by, funnel=funnel, max_failed=args.max_failed)
    print(printable(str(args.output.resolve())))
    return 0


def training_funnel(converted: list[Path], output: Path) -> dict[str, int]:
    """The funnel of convert_to_data.py with default options on converted files: stage -> responses."""
    if not converted:
        return {}
    from util.training.build import build
    from util.training.gather import STAGES
    from util.training.options import DataOptions

    report = build(DataOptions(converted, output, dry_run=True))
    total: Counter[str] = sum(report.funnel.values(), Counter())
    return {stage: total[stage] for stage in STAGES if total[stage] or stage != "extra"}


if __name__ == "__main__":
    cli.run(main)
