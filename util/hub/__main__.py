"""Where datasets come from: print the table, try it, or take rows to a machine without internet.

    python -m util.hub                       # the table
    python -m util.hub --check [NAME ...]    # load one row of each and report the columns
    python -m util.hub --export TACO DIR     # rows as Parquet, for --dataset-path DIR

Names are those of the table, and those of datasets in a ``--task-file`` of your own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from util.hub import HUB_ROW, SOURCES, HubSource, hub_rows
from util.hub.remote import asking, why_offline
from util.records import Row
from util.system import cli
from util.system.characters import printable
from util.system.errors import UserError
from util.system.redaction import redacted
from util.task_file import add_task_file_option, handlers_in

MOST_PARTS = 5
"""Counts of parts that the table shows of a dataset."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--check", nargs="*", metavar="NAME", help="load one row of these datasets, or of all")
    parser.add_argument("--export", nargs=2, metavar=("NAME", "DIR"), help="write a dataset's rows to DIR as Parquet")
    parser.add_argument("--split", help="the split to export or check; else the first known one")
    add_task_file_option(parser)
    args = parser.parse_args(arguments)
    args.sources = dict(SOURCES)
    own = handlers_in(arguments)
    args.sources |= {handler.name: source for handler in own if (source := getattr(handler, "hub", None)) is not None}
    local = [handler.name for handler in own if getattr(handler, "hub", None) is None]
    for name in [*(args.check or []), *(args.export or [])[:1]]:
        if name in local:
            parser.error(f"{name} has no repository on the Hub (it defines no hub): give its rows with --dataset-path")
        if name not in args.sources:
            parser.error(f"unknown dataset {name!r}; there are {', '.join(map(repr, args.sources))}")
    return args


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.export:
        return export(args.sources[args.export[0]], Path(args.export[1]), args.split)
    if args.check is not None:
        names = args.check or list(args.sources)
        return check({name: args.sources[name] for name in names}, args.split)
    print_table(args.sources)
    return 0


def print_table(sources: Mapping[str, HubSource]) -> None:
    """Print where each dataset comes from, alternatives included."""
    for name, first in sources.items():
        for label, source in [(name, first), *(("  or", other) for other in first.alternatives)]:
            rows = ", ".join(f"{part} {count:,}" for part, count in list(source.rows.items())[:MOST_PARTS])
            if len(source.rows) > MOST_PARTS:
                rows += f" and {len(source.rows) - MOST_PARTS} more parts"
            files = ", ".join(_span(paths) for paths in source.files.values())
            facts = [rows, f"files {files}" if files else "", source.licence, "gated" if source.gated else ""]
            revision = f" @{source.revision[:8]}" if source.revision else ""
            print(printable(f"{label:16}{source.name}{revision}  [{'; '.join(filter(None, facts))}]"))


def _span(paths: Sequence[str]) -> str:
    last = paths[-1] if Path(paths[-1]).name == Path(paths[0]).name else Path(paths[-1]).name
    return paths[0] if len(paths) == 1 else f"{paths[0]} ... {last}"


def check(sources: Mapping[str, HubSource], split: str | None) -> int:
    """Load one row of each dataset, streaming; return 1 if one fails."""
    failed = 0
    for name, source in sources.items():
        try:
            columns = ", ".join(first_row(source, split))
            print(printable(f"{name:16}ok: {columns}"))
        except UserError as error:
            failed += 1
            print(printable(redacted(f"{name:16}FAILED: {error}")))
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
            files = [f"hf://datasets/{source.id}{at}/{name}" for name in source.files.get(split, ())[:1]]
            builder = {".parquet": "parquet", ".arrow": "arrow"}.get(Path(files[0]).suffix if files else "", "json")
            rows = datasets.load_dataset(builder, data_files=files, split="train", streaming=True)
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


def export(source: HubSource, folder: Path, split: str | None) -> int:
    """Write one split as ``DIR/{split}-00000-of-00001.parquet``, rows numbered as on the Hub."""
    split = source.split or split or default_split(source)
    rows = hub_rows(source, split)
    path = folder / f"{split}-00000-of-00001.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count = write_parquet(path, lambda: ({**row, HUB_ROW: f"{split}:{number}"} for number, row in enumerate(rows)))
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}. Choose another folder.") from error
    print(printable(f"{count:,} rows of {rows.source.name}, commit {rows.commit}: {path}"))
    print(printable(f"use them with: --dataset-path {folder} --split {split}"), file=sys.stderr)
    return 0


def write_parquet(path: Path, rows: Callable[[], Iterator[Row]]) -> int:
    """Write rows in small groups, read twice: their types are found first. Returns their number."""
    import pyarrow
    import pyarrow.parquet

    def tables(schema: pyarrow.Schema | None = None) -> Iterator[pyarrow.Table]:
        return (pyarrow.Table.from_pylist(list(batch), schema) for batch in batched(rows(), 100))

    schema = pyarrow.schema([])
    for table in tables():
        schema = pyarrow.unify_schemas([schema, table.schema], promote_options="permissive")
    count, unfinished = 0, path.with_suffix(".tmp")
    with pyarrow.parquet.ParquetWriter(unfinished, schema) as writer:
        for table in tables(schema):
            writer.write_table(table)
            count += len(table)
    unfinished.replace(path)
    return count


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch


if __name__ == "__main__":
    cli.run(main)
