"""Write the responses of result files as one flat table: a row per response, as JSON lines or Parquet.

    python -m util.report.samples data/ --output samples.parquet
    python -m util.report.samples results/M_AIME_train_2024_0_-1.json --output samples.jsonl

pandas, datasets and DuckDB read both: pandas.read_parquet("samples.parquet"), load_dataset("json",
data_files="samples.jsonl"), SELECT dataset, avg(correct::int) FROM 'samples.parquet' GROUP BY dataset.
Columns: see docs/exports.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from util.system import cli
from util.system.characters import printable
from util.system.errors import UserError


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="result files or folders")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="file to write: .jsonl or .parquet")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    from util.report.flat_samples import flat_file, write_samples
    from util.results.json_file import result_files
    from util.results.writing import locked

    flat_file(args.output, "--output")
    files = result_files(args.paths)
    with locked(args.output):
        count = write_samples(args.output, files)
    if not count:
        raise UserError(f"{', '.join(map(str, args.paths))}: no responses in {len(files)} result files.")
    print(printable(f"{args.output}: {count} samples of {len(files)} result files"))
    return 0


if __name__ == "__main__":
    cli.run(main)
