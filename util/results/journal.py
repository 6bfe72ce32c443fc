"""An append-only file of JSON lines that survives a crash at any byte.

A line is written by one system call, so that a killed process leaves whole lines;
a torn last line (power loss, full disk) is cut off when the file is opened again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.system.errors import UserError


class Journal:
    """An open journal. Reading by offset and appending may go on side by side."""

    def __init__(self, path: Path) -> None:
        """Open or create ``path`` and cut off a torn last line.

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
        """Bytes of whole records."""
        return self._size

    def append(self, record: dict[str, Any]) -> int:
        """Write one record; return its offset in bytes.

        When this returns, the record survives the death of the process; after
        ``sync`` it survives that of the machine as well.

        Raises:
            UserError: nothing was written (disk full); earlier records stay.
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
                f"{self.path} cannot be written: {error.strerror}. Every response written before is "
                "kept; free some space and rerun the same command to continue."
            ) from error
        self._size += len(line)
        return offset

    def sync(self) -> None:
        """Wait until everything appended is on the disk itself."""
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise UserError(f"{self.path} cannot be synced: {error.strerror}.") from error

    def read(self, offset: int) -> dict[str, Any]:
        """The record at ``offset``, as ``append`` or ``records`` gave it."""
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
            UserError: a line in the middle is no JSON object (names file and line).
        """
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    record = _decode(line)
                except ValueError as error:
                    raise UserError(
                        f"{self.path}, line {number}: not a JSON object ({error}). Nothing was changed; "
                        "mend or remove that line, or start anew with --overwrite."
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
        # Walk back to the start of the last line; usually one read.
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
    """An exclusive lock beside a result file, gone with the process that holds it.

    POSIX record locks: not inherited by child processes, so that an orphaned
    engine process never blocks the next run.
    """

    def __init__(self, target: Path) -> None:
        """Lock ``target``.

        Raises:
            UserError: another process holds the lock, or the folder is not writable.
        """
        self.path = target.with_name(f".{target.name}.lock")
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
                    f"{target} is in use by another process (pid {owner}). Wait for it, or stop it."
                ) from error
            # Someone may have removed the file between open and lock.
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


def journal_path(path: Path) -> Path:
    """The journal beside a result file (no ``.json``, so that no glob takes it for one)."""
    return path.with_name(f"{path.stem}.journal.jsonl")
