"""An append-only file of JSON lines that survives a crash at any byte.

Each line is written with one system call, so a killed process leaves only complete lines.
An incomplete last line (power loss, full disk) is removed when the file is opened again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from util.results.entries import Fields
from util.results.journal_lines import DamagedLineError, is_torn, record_of
from util.results.repair import damage_error, lines_of
from util.system.errors import UserError
from util.system.portable import read_at, sync_data


class Journal:
    """An open journal. Reads by offset and appends may be interleaved."""

    def __init__(self, path: Path) -> None:
        """Open or create ``path`` and remove an incomplete last line.

        Raises:
            UserError: the file cannot be written.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = self._cut_torn_line()
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}. Choose another --result-dir.") from error

    @property
    def size(self) -> int:
        """Size of the complete records in bytes."""
        return self._size

    def append(self, line: bytes) -> int:
        """Write one line; return its offset in bytes.

        When this returns, the record survives a crash of the process; after ``sync``,
        also a crash of the machine.

        Raises:
            OSError: nothing was written (disk full); earlier records are kept.
        """
        offset = self._size
        try:
            written = os.write(self._fd, line)
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            os.ftruncate(self._fd, offset)
            raise
        self._size += len(line)
        return offset

    def truncate(self, size: int) -> None:
        """Remove everything from the offset ``size`` on."""
        os.ftruncate(self._fd, size)
        self._size = size

    def sync(self) -> None:
        """Wait until all appended records are on disk (``sync_data``).

        Raises:
            OSError: records since the last sync may be lost.
        """
        sync_data(self._fd)

    def read(self, offset: int) -> Fields:
        """The record at ``offset``, an offset from ``append`` or ``records``.

        Raises:
            UserError: the line is damaged.
        """
        size = 1 << 14
        while True:
            chunk = read_at(self._fd, size, offset)
            end = chunk.find(b"\n")
            if end >= 0 or len(chunk) < size:
                try:
                    return record_of(chunk[:end])
                except DamagedLineError as error:
                    raise damage_error(self.path) from error
            size *= 4

    def line(self, offset: int, size: int) -> bytes:
        """The bytes of a line."""
        return read_at(self._fd, size, offset)

    def records(self) -> Iterator[tuple[int, Fields]]:
        """All records with their offsets.

        Raises:
            UserError: a line is damaged; names file, line and what it was.
        """
        for line in lines_of(self.path):
            if line.record is None:
                raise damage_error(self.path)
            yield line.offset, line.record

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _cut_torn_line(self) -> int:
        size = os.fstat(self._fd).st_size
        start, tail = size, b""
        # Read backwards to the start of the last line; usually one read.
        while start > 0 and b"\n" not in tail[:-1]:
            step = min(start, 1 << 16)
            start -= step
            tail = read_at(self._fd, step, start) + tail
        if not tail:
            return 0
        begin = tail[:-1].rfind(b"\n") + 1
        if not is_torn(tail[begin:]):
            return size
        size = start + begin
        os.ftruncate(self._fd, size)
        return size
