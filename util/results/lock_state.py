"""Who holds the lock of a result file. Nothing is locked by asking, so no run can be refused because of it."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from util.results.paths import ResultPaths


def writer_of(target: Path) -> int | None:
    """The process that writes ``target``: its id, 0 where it is not known (another machine); None if nobody does.

    On a file system without locks a file stands in for the lock (see ``file_lock``); it stays if its process is killed.
    """
    lock = ResultPaths(target).lock
    if lock.with_name(f"{lock.name}.owner").exists():
        return 0
    return _holder(lock)


def _holder(lock: Path) -> int | None:
    """The process that holds a POSIX record lock, by F_GETLK, which takes none."""
    if not sys.platform.startswith("linux"):
        return 0 if lock.exists() else None  # the file is removed at the end of a run, and stays after a kill
    import fcntl

    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)  # struct flock of 64-bit Linux
    try:
        with lock.open("rb") as file:
            found = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except OSError:  # no lock file, or a file system without locks
        return None
    return None if found[0] == fcntl.F_UNLCK else int(found[4])
