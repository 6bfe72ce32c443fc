"""Rows of local files and folders: JSON, JSON lines, CSV, Parquet."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from util.system.errors import UserError

Row = dict[str, Any]

FORMATS = (".json", ".jsonl", ".csv", ".parquet")

HUB_ROW = "hub_row"
"""Column of exported rows: the Hub's split and the position (from 0) in it, as in "test:5"."""

_BATCH = 4 * 2**20
"""Bytes of Parquet rows that are decoded at a time, about."""
_BUFFER = 2**16


@dataclass(frozen=True)
class LocalRows:
    """Rows of local files, read anew at each iteration.

    dropped: columns of Parquet files that are not read.
    """

    files: tuple[Path, ...]
    dropped: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        for _, row in self.placed():
            yield row

    def placed(self) -> Iterator[tuple[str, Row]]:
        """Each row behind its place, "FILE, line N"."""
        for path in self.files:
            yield from read_file(path, self.dropped)


def local_rows(path: Path, split: str, dropped: tuple[str, ...] = ()) -> LocalRows:
    """Rows of a JSON, JSONL, CSV or Parquet file, or of a folder of them.

    In a folder, files named after the split (``test.jsonl``, ``test-0001.parquet``)
    are taken alone if there are any.

    Raises:
        UserError: nothing readable at ``path``.
    """
    if path.is_dir():
        files = tuple(sorted(p for p in path.iterdir() if p.suffix.lower() in FORMATS))
        named = tuple(p for p in files if p.stem == split or p.name.startswith((f"{split}-", f"{split}_")))
        if not files:
            raise UserError(f"--dataset-path {path} holds no {', '.join(FORMATS)} file.")
        return LocalRows(named or files, dropped)
    if not path.exists():
        raise UserError(f"--dataset-path {path} does not exist.")
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"--dataset-path {path} must end in {', '.join(FORMATS)}, or be a folder of such files.")
    return LocalRows((path,), dropped)


def read_file(path: Path, dropped: tuple[str, ...] = ()) -> Iterator[tuple[str, Row]]:
    """Each row of a file behind its place; ``dropped`` columns of a Parquet file are not read.

    Raises:
        UserError: malformed, with file, line and what was expected.
    """
    readers: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
        ".json": _read_json,
        ".jsonl": _read_jsonl,
        ".csv": _read_csv,
        ".parquet": partial(_read_parquet, dropped=dropped),
    }
    try:
        for place, row in readers[path.suffix.lower()](path):
            if not isinstance(row, dict):
                raise UserError(
                    f"{path}, {place}: expected an object with the row's fields, found {type(row).__name__}."
                )
            yield f"{path}, {place}", row
    except UnicodeDecodeError as error:
        raise UserError(f"{path}, line {_bad_line(path)}: not UTF-8 text ({error.reason}).") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def _bad_line(path: Path) -> int:
    """The first line that is no UTF-8; decoders that read ahead do not tell."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 0


def _read_jsonl(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"line {number}", _parse(line, path, number)


def _read_json(path: Path) -> Iterator[tuple[str, Any]]:
    text = path.read_text(encoding="utf-8")
    try:
        value = _parse(text, path)
    except UserError:
        # Some sets name JSON lines ".json".
        if text.lstrip().startswith("{") and text.count("\n") > 1 and _is_json(text.split("\n", 1)[0]):
            yield from _read_jsonl(path)
            return
        raise
    if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
        value = list(value.values())  # a result file: problem -> row
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise UserError(f"{path}: expected a list of rows, found {type(value).__name__}.")
    for number, row in enumerate(value, 1):
        yield f"row {number}", row


def _read_csv(path: Path) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row or None in row.values():
                raise UserError(
                    f"{path}, line {reader.line_num}: {len(reader.fieldnames or ())} columns are named in "
                    "line 1, but this row has another number of them."
                )
            yield f"line {reader.line_num}", row


def _read_parquet(path: Path, dropped: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Rows in small batches through a small buffer: row groups of contest tests are far larger than memory should be."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
            row_bytes = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
            size = max(1, min(1024, _BATCH // max(1, row_bytes)))
            columns = [name for name in file.schema_arrow.names if name not in dropped]
            number = 0
            for batch in file.iter_batches(batch_size=size, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except pyarrow.ArrowException as error:
        raise UserError(f"{path} is no readable Parquet file: {error}.") from error


def _parse(text: str, path: Path, line: int | None = None) -> Any:
    # Tests of contest problems hold integers of more than 4,300 digits.
    sys.set_int_max_str_digits(0)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {line or error.lineno}, column {error.colno}: not JSON ({error.msg}). "
            "Expected one JSON object per row."
        ) from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
