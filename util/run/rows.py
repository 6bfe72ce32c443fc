"""The selected rows of a run: read once from their source, then from a temporary file.

A row of any size takes 28 bytes of memory: its offset, the length of its key, and the hash of its content.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from util.records import Row
from util.results.judged_by import JudgedBy, judged_by, row_hash
from util.system.characters import Replacements, may_have_surrogates, whole
from util.system.errors import UserError
from util.system.portable import read_at

_HASH = 16


class RowIndex:
    """(key, row) pairs in order, numbered from 0, in whole characters. ``with`` removes the temporary file."""

    def __init__(self, rows: Iterable[tuple[str, Row]], folder: Path) -> None:
        """Read all ``rows``. folder: for the temporary file; the folder of the results.

        Raises:
            UserError: the file cannot be written. Exceptions of ``rows`` are passed on.
        """
        self._places, self._key_sizes = array("Q"), array("I")
        self._hashes = bytearray()
        self._replaced = Replacements("rows")
        source, digest = iter(rows), hashlib.sha256()
        first = next(source, None)  # before the folder is made: a mistyped selection leaves nothing behind
        self._file = _temporary_file(folder)
        try:
            for key, row in chain([first] if first is not None else [], source):
                self._write(key, row)
                digest.update(key.encode("utf-8", "surrogatepass") + b"\0")
            with _writing():
                self._places.append(self._file.tell())
                self._file.flush()
        except BaseException:
            self.close()
            raise
        self._replaced.tell()
        self.keys_hash = digest.hexdigest()[:16]
        """Hash of the keys in order, as the source has them; equal for two runs with the same selection."""

    def _write(self, key: str, row: Row) -> None:
        # Pickle, since rows may contain values that JSON cannot; no other process can access the file.
        name, content = pickle.dumps(key, pickle.HIGHEST_PROTOCOL), pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
        if may_have_surrogates(name) or may_have_surrogates(content):
            key, row = whole(key), self._replaced.whole(row)
            name, content = pickle.dumps(key, pickle.HIGHEST_PROTOCOL), pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
        self._key_sizes.append(len(name))
        self._hashes += row_hash(row).encode()
        with _writing():
            self._places.append(self._file.tell())
            self._file.write(name)
            self._file.write(content)

    def __enter__(self) -> RowIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._key_sizes)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # a full disk, which was reported when it was written to
            self._file.close()

    def __iter__(self) -> Iterator[str]:
        """The keys in order."""
        return (self.key(number) for number in range(len(self)))

    def items(self) -> Iterator[tuple[str, Row]]:
        """(key, row) in order."""
        return ((self.key(number), self.row(number)) for number in range(len(self)))

    def key(self, number: int) -> str:
        """The key of a row."""
        found: str = pickle.loads(self._read(self._places[number], self._key_sizes[number]))
        return found

    def row(self, number: int) -> Row:
        """A row, read from the temporary file."""
        start = self._places[number] + self._key_sizes[number]
        found: Row = pickle.loads(self._read(start, self._places[number + 1] - start))
        return found

    def judged_by(self, number: int, rules: str) -> JudgedBy:
        """What a verdict on a response to this row depends on. rules: of the checker."""
        digest = self._hashes[number * _HASH : (number + 1) * _HASH].decode()
        return judged_by(digest, rules, lambda: self.row(number))

    def _read(self, place: int, size: int) -> bytes:
        # By offset, since several iterations may run at the same time.
        data = read_at(self._file.fileno(), size, place)
        while len(data) < size:
            more = read_at(self._file.fileno(), size - len(data), place + len(data))
            if not more:
                raise OSError(f"the temporary file of rows ends at {place + len(data)}")
            data += more
        return data


def _temporary_file(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder, prefix=".rows-")
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}. Choose another --result-dir.") from error


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The temporary file of rows cannot be written: {error.strerror}. Free some space, or choose another "
            "--result-dir."
        ) from error
