"""What differs between operating systems, in one place. Code is judged on Linux alone; the rest runs on macOS as well."""

from __future__ import annotations

import errno
import os
import sys
import threading

_SEEKING = threading.Lock()


def usable_cpus() -> int:
    """CPUs that this process may use; all of them where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def sync_data(fd: int) -> None:
    """Have the written data on the disk.

    On macOS ``fsync`` leaves it in the drive's memory; F_FULLFSYNC does not (fsync(2) of macOS).

    Raises:
        OSError: it could not be written.
    """
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
        return
    try:
        import fcntl

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined]
    except (ImportError, AttributeError, OSError):  # not every file system has it
        os.fsync(fd)


def read_at(fd: int, size: int, offset: int) -> bytes:
    """Up to ``size`` bytes at ``offset``; the place of reading and writing stays where it is."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    with _SEEKING:
        before = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, offset, os.SEEK_SET)
            return os.read(fd, size)
        finally:
            os.lseek(fd, before, os.SEEK_SET)


def lock_record(fd: int) -> None:
    """Take the POSIX record lock of an open file without waiting; child processes do not inherit it.

    Raises:
        BlockingIOError, PermissionError: another process has it.
        OSError: ENOLCK where the system has no such locks.
    """
    try:
        import fcntl
    except ImportError as error:
        raise OSError(errno.ENOLCK, f"no record locks on {sys.platform}") from error
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
