"""Rows of local files and folders: JSON, JSON lines (also compressed with gzip), CSV, Parquet, Arrow streams."""

from __future__ import annotations

import csv
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from util.hub.first_bytes import check_content
from util.records import Row
from util.system.characters import BYTE_ORDER_MARK, text_of
from util.system.errors import UserError
from util.system.suggestions import near_file

FORMATS = (".json", ".jsonl", ".jsonl.gz", ".csv", ".parquet", ".arrow")

HUB_ROW = "hub_row"
"""Column of exported rows: the split on the Hub and the position in it, from 0, such as "test:5"."""

_BATCH = 4 * 2**20
"""Approximate bytes of Parquet rows decoded at a time."""
_BUFFER = 2**16


@dataclass(frozen=True)
class LocalRows:
    """Rows of local files; each iteration reads the files again.

    dropped: columns of Parquet files that are not read. named: the option and the path, for messages.
    """

    files: tuple[Path, ...]
    dropped: tuple[str, ...] = ()
    named: str = ""
    may_be_empty: bool = False

    def __iter__(self) -> Iterator[Row]:
        for _, row in self.placed():
            yield row

    def placed(self) -> Iterator[tuple[str, Row]]:
        """(place, row) of each row; a place is "FILE, line N".

        Raises:
            UserError: there is no row although there must be one, or a file is malformed.
        """
        empty = True
        for path in self.files:
            for placed in read_file(path, self.dropped):
                empty = False
                yield placed
        if empty and not self.may_be_empty:
            raise UserError(f"{self.named or ', '.join(map(str, self.files))} has no rows: the selection is empty.")


def local_rows(
    path: Path,
    split: str,
    dropped: tuple[str, ...] = (),
    *,
    option: str = "--dataset-path",
    may_be_empty: bool = False,
) -> LocalRows:
    """Rows of a JSON, JSONL, CSV or Parquet file, or of a folder of them.

    In a folder with files named after the split (``test.jsonl``, ``test-0001.parquet``),
    only those are read. option: which named the path, for messages.

    Raises:
        UserError: ``path`` does not exist or has no readable file.
    """
    if path.is_dir():
        files = tuple(sorted(p for p in path.iterdir() if format_of(p) in FORMATS))
        named = tuple(
            p for p in files if p.name[: -len(format_of(p))] == split or p.name.startswith((f"{split}-", f"{split}_"))
        )
        if not files:
            raise UserError(f"{option} {path} contains no {', '.join(FORMATS)} file.")
        return LocalRows(named or files, dropped, f"{option} {path}", may_be_empty)
    if not path.exists():
        raise UserError(f"{option} {path} does not exist.{near_file(path)}")
    if format_of(path) not in FORMATS:
        raise UserError(f"{option} {path} must be a {', '.join(FORMATS)} file, or a folder of such files.")
    return LocalRows((path,), dropped, f"{option} {path}", may_be_empty)


def read_file(path: Path, dropped: tuple[str, ...] = ()) -> Iterator[tuple[str, Row]]:
    """(place, row) of each row of a file; ``dropped`` columns of a Parquet file are not read.

    Raises:
        UserError: the file is malformed; names file, line and what was expected.
    """
    readers: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
        ".json": _read_json,
        ".jsonl": _read_jsonl,
        ".jsonl.gz": _read_jsonl,
        ".csv": _read_csv,
        ".parquet": partial(_read_parquet, dropped=dropped),
        ".arrow": _read_arrow,
    }
    try:
        check_content(path, format_of(path))
        for place, row in readers[format_of(path)](path):
            if not isinstance(row, dict):
                raise UserError(
                    f"{path}, {place}: expected an object with the row's fields, found {type(row).__name__}."
                )
            yield f"{path}, {place}", row
    except UnicodeDecodeError as error:
        raise UserError(f"{path}, line {_bad_line(path)}: not UTF-8 text ({error.reason}).") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def format_of(path: Path) -> str:
    """The ending of a file's name that names its format, in lower case.

    >>> format_of(Path("a/Rows.v1.JSONL.gz")), format_of(Path("rows.csv"))
    ('.jsonl.gz', '.csv')
    """
    return "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:]).lower()


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(path, "rb") if format_of(path).endswith(".gz") else path.open("rb")


def _bad_line(path: Path) -> int:
    """Number of the first line that is not UTF-8. The error does not have it, since decoders read ahead."""
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                text_of(line)
            except UnicodeDecodeError:
                return number
    return 0


def _read_jsonl(path: Path) -> Iterator[tuple[str, Any]]:
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if (text := text_of(line)).strip():
                yield f"line {number}", _parse(text, path, number)


def _read_json(path: Path) -> Iterator[tuple[str, Any]]:
    """A list with one row per line is read as a stream, everything else at once."""
    count = 0
    for count, row in enumerate(_rows_by_line(path), 1):
        if row is None:
            break
        yield f"row {count}", row
    else:
        if count:
            return
    read = max(0, count - 1)
    yield from islice(_read_whole(path), read, None)


def _rows_by_line(path: Path) -> Iterator[Row | None]:
    """The rows of a list with one object per line; None, and no more, at the first line that is something else."""
    sys.set_int_max_str_digits(0)  # as in ``_parse``
    with path.open("rb") as file:
        expected = (
            file.readline().removeprefix(BYTE_ORDER_MARK).strip() == b"["
        )  # a row, after a comma if not the first
        for number, line in enumerate(file):
            text = line.strip()
            if text == b"]" and not file.read().strip() and not (expected and number):
                return
            row = _object_in(text.removesuffix(b",")) if expected else None
            if row is None:
                break
            yield row
            expected = text.endswith(b",")
    yield None


def _object_in(line: bytes) -> Row | None:
    try:
        row = json.loads(text_of(line))
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _read_whole(path: Path) -> Iterator[tuple[str, Any]]:
    text = text_of(path.read_bytes())
    try:
        value = _parse(text, path)
    except UserError:
        # Some datasets use the extension ".json" for JSON lines.
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
        header = reader.fieldnames or ()
        if len(header) == 1 and (other := next((sign for sign in ";\t|" if sign in header[0]), None)) is not None:
            raise UserError(f"{path}, line 1: the columns are separated by {other!r}. Expected commas.")
        for row in reader:
            if None in row or None in row.values():
                raise UserError(
                    f"{path}, line {reader.line_num}: line 1 names {len(header)} columns, "
                    "but this row has a different number."
                )
            yield f"line {reader.line_num}", row


def _read_parquet(path: Path, dropped: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Read rows in small batches with a small buffer: row groups of contest tests are too large to hold in memory."""
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
        raise UserError(f"{path} is not a readable Parquet file: {str(error).rstrip('.')}.") from error


def _read_arrow(path: Path) -> Iterator[tuple[str, Any]]:
    """Read the stream that ``datasets`` writes with ``save_to_disk``, a batch of rows at a time."""
    import pyarrow

    number = 0
    try:
        with pyarrow.memory_map(str(path)) as file, pyarrow.ipc.open_stream(file) as stream:
            for batch in stream:
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except pyarrow.ArrowException as error:
        raise UserError(f"{path} is not a readable Arrow stream: {error}.") from error


def _parse(text: str, path: Path, line: int | None = None) -> Any:
    # Tests of contest problems contain integers with more than 4,300 digits.
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
