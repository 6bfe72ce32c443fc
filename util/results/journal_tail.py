"""Read a journal while another process writes it: by offset, without a lock, and never more than a part at a time.

An incomplete last line is left for the next time. A file that was replaced, shortened or removed is begun anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from util.results.entries import Fields
from util.results.journal_lines import DamagedLineError, record_of

PART = 4 << 20
"""Bytes that are read at a time."""
LONGEST = 256 << 20
"""Bytes of a line; a longer one is not waited for."""
HEAD = 256
"""Bytes at the start of a file by which another file of the same name is noticed."""


@dataclass(frozen=True)
class JournalPart:
    """What one ``read`` found. records: with the offset of each. damaged: (offset, why). anew: the file was replaced or
    removed, so that all earlier records are void. left: bytes that are not read yet, an incomplete last line included.
    """

    records: list[tuple[int, Fields]] = field(default_factory=list)
    damaged: list[tuple[int, str]] = field(default_factory=list)
    anew: bool = False
    left: int = 0
    more: bool = False
    """Whether another ``read`` finds complete lines now."""


class JournalTail:
    """The place in a file up to which it was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.changed: float | None = None
        """When the file was written last, in seconds since 1970; None without a file."""
        self._file: tuple[int, int] | None = None
        self._head = b""

    def read(self) -> JournalPart:
        """The next complete lines, at most about ``PART`` bytes of them.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            anew = self._file is not None
            self._restart(None)
            return JournalPart(anew=anew)
        try:
            status = os.fstat(fd)
            self.changed = status.st_mtime
            name, anew = (status.st_dev, status.st_ino), False
            if self._file != name or status.st_size < self.offset or not self._same_head(fd):
                anew = self._file is not None
                self._restart(name)
            data = self._lines(fd, status.st_size)
        finally:
            os.close(fd)
        records, damaged = list[tuple[int, Fields]](), list[tuple[int, str]]()
        for offset, line in _split(data, self.offset):
            try:
                records.append((offset, record_of(line)))
            except DamagedLineError as error:
                damaged.append((offset, str(error)))
        self.offset += len(data)
        left = max(0, status.st_size - self.offset)
        return JournalPart(records, damaged, anew, left, more=bool(data) and left > 0)

    def _restart(self, name: tuple[int, int] | None) -> None:
        self.offset, self._file, self._head = 0, name, b""
        if name is None:
            self.changed = None

    def _same_head(self, fd: int) -> bool:
        return os.pread(fd, len(self._head), 0) == self._head

    def _lines(self, fd: int, size: int) -> bytes:
        """Complete lines from the offset on."""
        most = PART
        while True:
            data = os.pread(fd, min(most, size - self.offset), self.offset)
            end = data.rfind(b"\n") + 1
            if end or len(data) < most or most >= LONGEST:
                break
            most *= 4
        if len(self._head) < HEAD:
            self._head = os.pread(fd, min(HEAD, self.offset + end), 0)
        return data[:end]


def record_at(path: Path, offset: int) -> Fields:
    """The record at an offset of a journal.

    Raises:
        OSError: the file cannot be read.
        DamagedLineError: there is no whole record at this place.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = 1 << 16
        while True:
            data = os.pread(fd, size, offset)
            end = data.find(b"\n")
            if end >= 0:
                return record_of(data[:end])
            if len(data) < size or size >= LONGEST:
                raise DamagedLineError("the line is not complete")
            size *= 4
    finally:
        os.close(fd)


def _split(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield offset + start, data[start:end]
        start = end + 1
