"""The descendants of this process, including those that were orphaned or started a new session.

Tests count only these, so that other programs on the machine do not affect them. A process whose parent ends is
reparented to init and would not be found; inside ``keep_orphans`` it is reparented to this process. A child cannot
prevent that.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PF_EXITING, _PF_SIGNALED = 0x4, 0x400
_SIGKILL_PENDING = 1 << 8


@dataclass(frozen=True)
class Process:
    """A process as described in /proc. start: in clock ticks since boot; it identifies a reused pid."""

    pid: int
    parent: int
    session: int
    start: int
    state: str
    flags: int

    @property
    def ending(self) -> bool:
        """Whether it executes no more of its own code: a zombie, exiting, or with SIGKILL pending."""
        if self.state in "ZX" or self.flags & (_PF_EXITING | _PF_SIGNALED):
            return True
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return True
        pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd:", "ShdPnd:"))]
        return any(mask & _SIGKILL_PENDING for mask in pending)


@contextlib.contextmanager
def keep_orphans() -> Iterator[None]:
    """Inside the context, orphaned descendants become children of this process. Linux only."""
    adopt(True)
    try:
        yield
    finally:
        reap_orphans()
        adopt(False)


def adopt(on: bool) -> None:
    """Make this process the subreaper of its descendants (PR_SET_CHILD_SUBREAPER), or undo that."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def descendants(root: int | None = None) -> list[Process]:
    """All processes below ``root`` (default: this one), zombies included."""
    children: dict[int, list[Process]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError):
            process = _described(int(entry))
            children.setdefault(process.parent, []).append(process)
    found = list(children.get(os.getpid() if root is None else root, []))
    for process in found:
        found += children.get(process.pid, [])
    return found


def running(root: int | None = None) -> list[Process]:
    """The descendants that can still execute code."""
    return [process for process in descendants(root) if not process.ending]


def reap_orphans() -> None:
    """Reap the zombies that were reparented to this process.

    Children that this process started share its session, unless they were started in a new one; those are reaped
    here, too, once they are zombies.
    """
    mine = os.getsid(0)
    for process in descendants():
        if process.parent == os.getpid() and process.state == "Z" and process.session != mine:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)


def _described(pid: int) -> Process:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), fields[0], int(fields[6]))
