"""Where datasets come from: print the table, try it, or take rows to a machine without internet.

    python -m util.hub                       # the table
    python -m util.hub --check [NAME ...]    # load one row of each and report
    python -m util.hub --export TACO DIR     # rows as Parquet, for --dataset-path DIR

Names are those of the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from util import cli
from util.errors import UserError
from util.hub import SOURCES, HubSource, hub_rows
from util.hub.load import asking, why_offline


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    description, _, examples = (__doc__ or "").partition("\n\n")
    parser = cli.Parser(description, examples)
    parser.add_argument("--check", nargs="*", metavar="NAME", help="load one row of these datasets, or of all")
    parser.add_argument("--export", nargs=2, metavar=("NAME", "DIR"), help="write a dataset's rows to DIR as Parquet")
    parser.add_argument("--split", help="the split to export or check; else the first known one")
    args = parser.parse_args(arguments)
    for name in [*(args.check or []), *(args.export or [])[:1]]:
        if name not in SOURCES:
            parser.error(f"unknown dataset {name!r}; there are {', '.join(map(repr, SOURCES))}")
    return args


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.export:
        return export(args.export[0], Path(args.export[1]), args.split)
    if args.check is not None:
        return check(args.check or list(SOURCES), args.split)
    print_table()
    return 0


def print_table() -> None:
    for name, first in SOURCES.items():
        for label, source in [(name, first), *(("  or", other) for other in first.alternatives)]:
            rows = ", ".join(f"{part} {count:,}" for part, count in source.rows.items())
            files = ", ".join(pattern for patterns in source.files.values() for pattern in patterns)
            told = [rows, f"files {files}" if files else "", source.licence, "gated" if source.gated else ""]
            revision = f" @{source.revision[:8]}" if source.revision else ""
            print(f"{label:16}{source.name}{revision}  [{'; '.join(filter(None, told))}]")


def check(names: Sequence[str], split: str | None) -> int:
    """Load one row of each dataset, streaming; return 1 if one fails."""
    failed = 0
    for name in names:
        try:
            columns = ", ".join(first_row(SOURCES[name], split))
            print(f"{name:16}ok: {columns}")
        except UserError as error:
            failed += 1
            print(f"{name:16}FAILED: {error}")
    return 1 if failed else 0


def first_row(source: HubSource, split: str | None) -> dict[str, object]:
    """The first row, without downloading the rest.

    Raises:
        UserError: it cannot be loaded.
    """
    why_offline()
    import datasets

    split = source.split or split or default_split(source)
    with asking(source):
        if source.files:
            at = f"@{source.revision}" if source.revision else ""
            files = [f"hf://datasets/{source.id}{at}/{name}" for name in source.files.get(split, ())]
            rows = datasets.load_dataset(str(source.builder), data_files=files, split="train", streaming=True)
        else:
            rows = datasets.load_dataset(
                source.id, source.config, split=split, revision=source.revision, streaming=True
            )
        for row in rows:
            return dict(row)
    raise UserError(f"{source.name}, split {split}, has no rows.")


def default_split(source: HubSource) -> str:
    known = [*source.files, *(part.partition(":")[0] for part in source.rows)]
    return "test" if "test" in known else known[0] if known else "train"


def export(name: str, folder: Path, split: str | None) -> int:
    """Write one split as ``DIR/{split}-00000-of-00001.parquet``."""
    source = SOURCES[name]
    split = source.split or split or default_split(source)
    rows = hub_rows(source, split)
    path = folder / f"{split}-00000-of-00001.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows.data.to_parquet(str(path.with_suffix(".tmp")), batch_size=100)
        path.with_suffix(".tmp").replace(path)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}. Choose another folder.") from error
    print(f"{len(rows.data):,} rows of {rows.source.name}, commit {rows.commit}: {path}")
    print(f"use them with: --dataset-path {folder} --split {split}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    cli.run(main)
