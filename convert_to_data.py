"""Merge converted and checked result files into ShareGPT training data.

    python convert_to_data.py --input_dir data --output data/train_data.json

Only responses that were judged right and have both sections are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from util import cli, sharegpt


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--input-dir", type=Path, required=True, help="folder of converted_*.json files")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--dry-run", action="store_true", help="count, write nothing")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    files = sharegpt.converted_files(args.input_dir)
    if args.dry_run:
        funnel: sharegpt.Funnel = sharegpt.Funnel()
        for _ in sharegpt.conversations(files, funnel):
            pass
    else:
        funnel = sharegpt.write_training_data(files, args.output)
    print(
        f"{len(files)} files: "
        + ", ".join(f"{funnel[name]} {name}" for name in ("responses", "converted", "right", "written"))
    )
    if funnel["not judged"]:
        print(f"{funnel['not judged']} responses are not judged; run --check to use them", file=sys.stderr)
    if not args.dry_run:
        print(args.output)
    return 0


if __name__ == "__main__":
    cli.run(main)
