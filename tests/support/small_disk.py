"""A disk with little room for journals."""

from __future__ import annotations

import errno
import os

import pytest


class SmallDisk:
    """Writes to journals fail like those on a full disk once ``room`` bytes are used; syncs fail while ``no_sync``.

    A write that fits in part is written in part, as on a real disk. ending: of the journals' names.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, ending: str = ".journal.jsonl") -> None:
        self._ending = ending
        self.room, self.no_sync = room, False
        self._write, self._truncate, self._sync = os.write, os.ftruncate, os.fdatasync
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "ftruncate", self.truncate)
        monkeypatch.setattr(os, "fdatasync", self.sync)

    def write(self, fd: int, data: bytes) -> int:
        if not self._is_journal(fd):
            return self._write(fd, data)
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self._write(fd, data[: self.room])
        self.room -= done
        return done

    def truncate(self, fd: int, size: int) -> None:
        before = os.fstat(fd).st_size
        self._truncate(fd, size)
        if self._is_journal(fd):
            self.room += before - size

    def sync(self, fd: int) -> None:
        if self.no_sync and self._is_journal(fd):
            raise OSError(errno.ENOSPC, "No space left on device")
        self._sync(fd)

    def _is_journal(self, fd: int) -> bool:
        return os.readlink(f"/proc/self/fd/{fd}").endswith(self._ending)
