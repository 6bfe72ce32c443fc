"""Write a report of result files: one HTML page that works offline.

    python -m util.report data/ --output report.html
    python -m util.report results/QwQ-32B-Preview_AIME_train_2024_0_-1.json --output aime.html

    python -m util.report data/ --serve                     # a run while it works

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
from util.report.funnel_picture import TrainingFunnel
from util.report.verdict_codes import NAMES, verdict_code
from util.results.json_file import read_results, result_files
from util.results.output_checks import PAGE, check_output
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
    parser.add_argument(
        "--serve",
        type=_port,
        nargs="?",
        const=0,
        metavar="PORT",
        help="instead of writing a file, show the runs in these folders in a browser while they work: progress, accuracy so far, "
        "throughput, cost, last problems. The address is for this machine only and has a random token. Nothing of a run waits for "
        "it. Without PORT the system chooses a free one; Ctrl-C ends it with status 0",
    )
    add_options(parser, ToleranceOptions)
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"must be a port from 0 to 65535, unlike {text!r}; write folders before it: python -m util.report FOLDER --serve"
        )
    return int(text)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.serve is not None:
        from util.report.live_server import serve

        serve(args.paths, args.serve, redacted_command(["python", "-m", "util.report", *sys.argv[1:]]))
        return 0
    check_output(args.output, "--output", PAGE)
    files = result_files(args.paths)
    funnel = training_funnel([path for path in files if ResultPaths(path).is_converted], args.output)
    command = redacted_command(["python", "-m", "util.report", *sys.argv[1:]])
    write_report(args.output, files, command, best_by=args.best_of_n_by, funnel=funnel, max_failed=args.max_failed)
    print(printable(str(args.output.resolve())))
    return 0


def training_funnel(converted: list[Path], output: Path) -> TrainingFunnel:
    """The funnel of convert_to_data.py with default options on converted files."""
    if not converted:
        return TrainingFunnel()
    from util.training.build import build
    from util.training.gather import STAGES
    from util.training.options import DataOptions

    report = build(DataOptions(converted, output, dry_run=True))
    total: Counter[str] = sum(report.funnel.values(), Counter())
    stages = {stage: total[stage] for stage in STAGES if total[stage] or stage not in ("extra", "filtered")}
    drops: dict[str, Counter[str]] = {"passed": _not_right(converted)}
    for (stage, reason), count in report.dropped.items():
        drops.setdefault(_BEFORE.get(stage, "filtered"), Counter())[reason] += count
    return TrainingFunnel(stages, drops)


_BEFORE = {"duplicates": "deduplicated", "decontamination": "decontaminated"}
"""What drops responses -> the stage that they do not reach; what is not here is a filter."""


def _not_right(paths: list[Path]) -> Counter[str]:
    """Name of a verdict -> responses that are not right."""
    codes = Counter(
        verdict_code(response) for path in paths for entry in read_results(path) for _, response in entry.samples()
    )
    return Counter({name: codes[code] for code, name in NAMES.items() if code != "r" and codes[code]})


if __name__ == "__main__":
    cli.run(main)
