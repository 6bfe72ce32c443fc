"""Read single problems of result files by key, in any order. 16 bytes per problem stay in memory, texts do not."""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from util.results.entries import Entry
from util.results.json_file import entry_in, placed_lines, read_results, write_results
from util.system.characters import utf8
from util.system.errors import UserError

_FILES = 2**16
"""Maximum number of files: a place holds the number of its file and the offset there."""


class EntryIndex:
    """Finds the problems of several result files. ``with`` closes the files."""

    def __init__(self, files: Iterable[Path], name: Callable[[Entry], str] | None = None) -> None:
        """Read every file once.

        name: what a problem is found by; None for its key, which is faster. Files that were not written by this
        suite are copied to a temporary file with one problem per line.

        Raises:
            UserError: a file is malformed or cannot be read.
        """
        self.files = list(files)
        if len(self.files) >= _FILES:
            raise UserError(f"{len(self.files)} result files are too many for one index; the maximum is {_FILES - 1}.")
        self._name = name
        self._copies = tempfile.TemporaryDirectory(prefix="entries-")
        self._opened: list[IO[bytes]] = []
        digests, places = array("Q"), array("Q")
        try:
            for number, path in enumerate(self.files):
                for offset, found in self._scanned(number, path):
                    digests.append(_digest(found))
                    places.append(number + _FILES * offset)
        except BaseException:
            self.close()
            raise
        order = np.argsort(np.frombuffer(digests, np.uint64), kind="stable") if digests else np.empty(0, np.int64)
        self._digests = np.frombuffer(digests, np.uint64)[order] if digests else np.empty(0, np.uint64)
        self._places = np.frombuffer(places, np.uint64)[order] if places else np.empty(0, np.uint64)
        self._last: tuple[int, Entry] | None = None

    def __enter__(self) -> EntryIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._digests)

    def close(self) -> None:
        for file in self._opened:
            file.close()
        self._copies.cleanup()

    def find(self, name: str, file: str | None = None) -> Iterator[tuple[Path, Entry]]:
        """Each problem of that name with its file, in the order of the files. file: only in files whose path ends so."""
        digest = np.uint64(_digest(name))
        for at in range(int(np.searchsorted(self._digests, digest)), len(self._digests)):
            if self._digests[at] != digest:
                return
            place = int(self._places[at])
            path = self.files[place % _FILES]
            if file is None or path.as_posix().endswith(file):
                entry = self._read(place)
                if (self._name(entry) if self._name else entry.key) == name:
                    yield path, entry

    def _scanned(self, number: int, path: Path) -> Iterator[tuple[int, str]]:
        """(offset, name) of every problem of a file, which stays open."""
        lines = placed_lines(path)
        source = path
        if lines is None:
            source = Path(self._copies.name) / f"{number}.json"
            write_results(source, read_results(path))
            lines = placed_lines(source) or iter(())
        self._opened.append(source.open("rb"))
        for offset, key, line in lines:
            yield offset, key if self._name is None else self._name(entry_in(line, path))

    def _read(self, place: int) -> Entry:
        """The problem at a place; the last one is kept, since the responses to one problem are often read in a row."""
        if self._last is None or self._last[0] != place:
            number, offset = place % _FILES, place // _FILES
            file = self._opened[number]
            file.seek(offset)
            self._last = place, entry_in(file.readline(), self.files[number])
        return self._last[1]


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(utf8(name), digest_size=8).digest(), "big")
