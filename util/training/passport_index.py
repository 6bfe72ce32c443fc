"""A passport whose lines are read in any order; 32 bytes per line stay in memory."""

from __future__ import annotations

from array import array
from pathlib import Path
from types import TracebackType

from util.system.errors import UserError
from util.training.passport import ResponseRecord, RowRecord, parse_record, read_passport
from util.training.row_order import HashTable


class PassportIndex:
    """Reads a passport once. files, datasets: those of its responses, extra files not. ``with`` closes the file."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: the file is missing or not a passport."""
        self.table = HashTable()
        self.files: set[str] = set()
        self.datasets: set[str] = set()
        self._path, self._offsets = path, array("Q")
        for offset, record in read_passport(path):
            self._offsets.append(offset)
            try:
                self.table.add(record.written, record.question, record.text)
            except ValueError as error:
                raise UserError(f"{path}, line {len(self._offsets)}: a hash is not hexadecimal ({error}).") from error
            for each in responses_of(record):
                if each.is_ours:
                    self.files.add(each.file)
                    self.datasets.add(each.dataset)
        if not self._offsets:
            raise UserError(
                f"--passport {path} is empty. Give the file that convert_to_data.py --passport has written."
            )
        self._file = path.open("rb")

    def __enter__(self) -> PassportIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._offsets)

    def record(self, line: int) -> RowRecord:
        """The record of a line, from 0."""
        self._file.seek(self._offsets[line])
        return parse_record(self._file.readline(), f"{self._path}, line {line + 1}")


def responses_of(record: RowRecord) -> list[ResponseRecord]:
    """The response of a row, and the rejected one of a pair."""
    return [record] if record.rejected is None else [record, record.rejected]
