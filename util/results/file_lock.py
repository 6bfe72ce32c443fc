"""Locks: one process at a time writes a file."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import time
from pathlib import Path

from util.results.paths import ResultPaths
from util.system.errors import UserError
from util.system.portable import lock_record, read_at

_NO_LOCKS = frozenset((errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS))
"""Errors of a file system that has no locks."""
_POLL_SECONDS = 0.1


class FileLock:
    """An exclusive lock file beside a file; it is released when the process ends.

    It is a POSIX record lock, which child processes do not inherit: an orphaned
    engine process does not block the next run. On a file system without locks it is a file that names its process;
    that one stays if the process is killed.
    """

    _warned = False

    def __init__(self, target: Path, *, wait: float = 0.0) -> None:
        """Lock ``target``. wait: seconds to wait for another process.

        Raises:
            UserError: another process has the lock, or the folder is not writable.
        """
        self.path = ResultPaths(target).lock
        self._fd = -1
        self._target, self._until = target, time.monotonic() + wait
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fd = self._acquired()
        except OSError as error:
            raise UserError(f"{target.parent} cannot be written: {error.strerror}. Choose another folder.") from error

    def _acquired(self) -> int:
        while True:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                lock_record(fd)
            except OSError as error:
                owner = read_at(fd, 64, 0).decode(errors="replace").strip() or "unknown"
                os.close(fd)
                if error.errno in _NO_LOCKS:
                    if owner == "unknown":  # the file that was opened above
                        self.path.unlink(missing_ok=True)
                    return self._owner_file(error)
                if not isinstance(error, BlockingIOError | PermissionError):
                    raise
                self._wait(f"(pid {owner}). Wait until it ends, or stop it.", error)
                continue
            # Another process may have removed the file between open and lock.
            if self.path.exists() and os.fstat(fd).st_ino == self.path.stat().st_ino:
                os.ftruncate(fd, 0)
                os.write(fd, str(os.getpid()).encode())
                return fd
            os.close(fd)

    def _owner_file(self, cause: OSError) -> int:
        """Lock by creating a file that must not exist."""
        self.path = self.path.with_name(f"{self.path.name}.owner")
        if not FileLock._warned:
            FileLock._warned = True
            print(
                f"warning: {self._target.parent} is on a file system without locks ({cause.strerror}). Files such as "
                f"{self.path.name} stand in for them; if a run is killed, remove its file before the next run.",
                file=sys.stderr,
            )
        while True:
            try:
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
            except FileExistsError as error:
                self._wait(self._owner(), error)
                continue
            os.write(fd, f"pid {os.getpid()} on {socket.gethostname()}".encode())
            return fd

    def _owner(self) -> str:
        owner = "unknown"
        with contextlib.suppress(OSError):  # just released
            owner = self.path.read_text(errors="replace").strip() or owner
        return f"({owner}). Wait until it ends; if it has ended already, remove {self.path}."

    def _wait(self, holder: str, cause: OSError) -> None:
        if time.monotonic() >= self._until:
            raise UserError(f"{self._target} is in use by another process {holder}") from cause
        time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        if self._fd >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1
