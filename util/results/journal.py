"""An append-only file of JSON lines that survives a crash at any byte.

Each line is written with one system call, so a killed process leaves only complete lines.
An incomplete last line (power loss, full disk) is removed when the file is opened again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.results.paths import ResultPaths
from util.system.errors import UserError


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
            self._size = self._repair()
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}. Choose another --result-dir.") from error

    @property
    def size(self) -> int:
        """Size of the complete records in bytes."""
        return self._size

    def append(self, record: dict[str, Any]) -> int:
        """Write one record; return its offset in bytes.

        When this returns, the record survives a crash of the process; after ``sync``,
        also a crash of the machine.

        Raises:
            UserError: nothing was written (disk full); earlier records are kept.
        """
        line = json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
        line += b"\n"
        offset = self._size
        try:
            written = os.write(self._fd, line)
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError as error:
            os.ftruncate(self._fd, offset)
            raise UserError(
                f"{self.path} cannot be written: {error.strerror}. Responses written earlier are "
                "kept; free some space and rerun the same command to continue."
            ) from error
        self._size += len(line)
        return offset

    def sync(self) -> None:
        """Wait until all appended records are on disk (fdatasync)."""
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise UserError(f"{self.path} cannot be synced: {error.strerror}.") from error

    def read(self, offset: int) -> dict[str, Any]:
        """The record at ``offset``, an offset from ``append`` or ``records``."""
        size = 1 << 14
        while True:
            chunk = os.pread(self._fd, size, offset)
            end = chunk.find(b"\n")
            if end >= 0:
                return _decode(chunk[:end])
            size *= 4

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """All records with their offsets.

        Raises:
            UserError: a line is not a JSON object; names file and line.
        """
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    record = _decode(line)
                except ValueError as error:
                    raise UserError(
                        f"{self.path}, line {number}: not a JSON object ({error}). Nothing was changed; "
                        "correct or remove that line, or start over with --overwrite."
                    ) from error
                yield offset, record
                offset += len(line)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _repair(self) -> int:
        size = os.fstat(self._fd).st_size
        start, tail = size, b""
        # Read backwards to the start of the last line; usually one read.
        while start > 0 and b"\n" not in tail[:-1]:
            step = min(start, 1 << 16)
            start -= step
            tail = os.pread(self._fd, step, start) + tail
        if not tail:
            return 0
        begin = tail[:-1].rfind(b"\n") + 1
        last = tail[begin:]
        if last.endswith(b"\n") and _is_record(last):
            return size
        size = start + begin
        os.ftruncate(self._fd, size)
        return size


def _decode(line: bytes) -> dict[str, Any]:
    record = json.loads(line.decode("utf-8", "surrogatepass"))
    if not isinstance(record, dict):
        raise ValueError(f"found {type(record).__name__}")
    return record


def _is_record(line: bytes) -> bool:
    try:
        _decode(line)
    except ValueError:
        return False
    return True


class FileLock:
    """An exclusive lock file beside a result file; it is released when the process ends.

    It is a POSIX record lock, which child processes do not inherit: an orphaned
    engine process does not block the next run.
    """

    def __init__(self, target: Path) -> None:
        """Lock ``target``.

        Raises:
            UserError: another process has the lock, or the folder is not writable.
        """
        self.path = ResultPaths(target).lock
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fd = self._acquire(target)
        except OSError as error:
            raise UserError(
                f"{target.parent} cannot be written: {error.strerror}. Choose another --result-dir."
            ) from error

    def _acquire(self, target: Path) -> int:
        while True:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError) as error:
                owner = os.pread(fd, 64, 0).decode(errors="replace").strip() or "unknown"
                os.close(fd)
                raise UserError(
                    f"{target} is in use by another process (pid {owner}). Wait until it ends, or stop it."
                ) from error
            # Another process may have removed the file between open and lock.
            if self.path.exists() and os.fstat(fd).st_ino == self.path.stat().st_ino:
                os.ftruncate(fd, 0)
                os.write(fd, str(os.getpid()).encode())
                return fd
            os.close(fd)

    def release(self) -> None:
        if self._fd >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1
