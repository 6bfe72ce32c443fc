"""Rows of a dataset of ours, found by question or id. They lie in a temporary file: tests of contests are large."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable

from util.foreign.sample import ForeignSample
from util.records import Row
from util.results.json_file import dumps
from util.system.characters import utf8

IDS = ("question_id", "task_id", "problem_id", "unique_id", "id")
"""Columns that identify a row, in order of preference."""


class RowLookup:
    """The rows of a dataset. Memory: some 100 bytes per row."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        """rows: (question, row). A question or id that two rows share finds neither."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the object)
        self._places: dict[bytes, int] = {}
        self.size = 0
        for question, row in rows:
            place = self._file.seek(0, 2)
            self._file.write(utf8(dumps(row)) + b"\n")
            self.size += 1
            names = {_key("question", question)} | {
                _key("id", str(row[name])) for name in IDS if row.get(name) is not None
            }
            for name in names:
                self._places[name] = -1 if name in self._places else place

    def find(self, sample: ForeignSample) -> Row | None:
        """The row that a sample answers, or None."""
        ids = [str(sample.row[name]) for name in IDS if sample.row.get(name) is not None]
        keys = [_key("question", sample.question), *(_key("id", name) for name in (sample.problem, *ids))]
        place = next((found for key in keys if (found := self._places.get(key, -1)) >= 0), None)
        if place is None:
            return None
        self._file.seek(place)
        row: Row = json.loads(self._file.readline())
        return row


def _key(kind: str, text: str) -> bytes:
    return hashlib.blake2b(utf8(f"{kind}\0{' '.join(text.split())}"), digest_size=12).digest()
