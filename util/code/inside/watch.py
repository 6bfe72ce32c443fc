"""Watch a child of the zygote: enforce its limits, pass on what it reports, and remove what it leaves behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import confine
from .syscalls import NUMBERS

OUT_OF_TIME, OUT_OF_DISK, DIRTY, OUT_OF_CPU, STOPPED = 1, 2, 4, 8, 16
"""Flags of a reply. STOPPED: the worker asked for the end of the child."""

PATIENCE = 10
"""A child that has to wait for a processor gets up to this many times its wall limit."""

IDLE_SHARE = 0.08
"""A child that uses less than this share of a processor counts as idle, not as waiting for one."""

DISK_LIMIT, FILE_COST = 64 * 2**20, 2**16
"""Bytes in the work directory where no file system limits them; each file counts as so many more, for its name."""

REPORTS = 2
"""Reports per test that a child's limits start anew at: a long one may be seen in parts. More are not the harness's."""

FIRST_STEP, GROWTH, LAST_STEP = 0.003, 1.3, 0.03
"""Seconds between two looks at a child: short at first, because most children end within milliseconds."""


@dataclass
class Watched:
    """One child and its limits.

    cpu, wall: seconds that one test may take. A batch counts from its last report, by the time at which the zygote saw it,
    so that no limit depends on what the child says.
    disk: the work directory if its size must be watched.
    tests: how many the child runs. The results of several are reported one by one, that of one when the child ends.
    news: sends to the worker what the child has reported since the last call. The child's CPU seconds after it was read;
    None if there was nothing.
    stop: reads a message of the worker; whether it asks for the end of this child.
    """

    pid: int
    sock: socket.socket
    cpu: float
    wall: float
    disk: str | None
    tests: int
    news: Callable[[], float | None]
    stop: Callable[[], bool]

    def until_the_end(self) -> int:
        """Wait until the child has ended, or kill it; return flags that say why it was killed. The caller reaps it."""
        fd = _handle(self.pid)
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if fd >= 0:
            poll.register(fd, select.POLLIN)
        try:
            flags = self._watch(poll, fd)
        finally:
            if fd >= 0:
                os.close(fd)
        if flags:
            os.kill(self.pid, signal.SIGKILL)
        return flags

    def _watch(self, poll: select.poll, fd: int) -> int:
        step, reported, limit = FIRST_STEP, 0.0, self.wall
        begun, reports = time.monotonic(), 0
        while True:
            events = dict(poll.poll(step * 1000))
            if self._worker_ended_or_stops(events.get(self.sock.fileno(), 0)):
                return STOPPED
            if fd in events or (fd < 0 and _has_ended(self.pid)):
                return 0
            step = min(step * GROWTH, LAST_STEP)
            used = cpu_seconds(self.pid)  # before looking for news: all of it belongs to the test after the last report
            seen = self.news() if self.tests > 1 else None
            if seen is not None and reports < REPORTS * self.tests:
                reported, begun, limit, reports = seen, time.monotonic(), self.wall, reports + 1
            if used - reported > self.cpu:
                return OUT_OF_CPU
            if self.disk is not None and _disk(self.disk) > DISK_LIMIT:
                return OUT_OF_DISK
            elapsed = time.monotonic() - begun
            if elapsed >= limit:
                if elapsed >= self.wall * PATIENCE or used - reported <= IDLE_SHARE * elapsed:
                    return OUT_OF_TIME
                limit += self.wall

    def _worker_ended_or_stops(self, event: int) -> bool:
        if event & (select.POLLHUP | select.POLLERR) and not event & select.POLLIN:
            self._end()
        try:
            return bool(event) and self.stop()
        except ConnectionError:
            self._end()
            raise

    def _end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os._exit(1)


def _handle(pid: int) -> int:
    """A pidfd, which becomes readable when the process has ended; -1 where there is none."""
    if hasattr(os, "pidfd_open"):
        return os.pidfd_open(pid)
    return int(confine.libc.syscall(NUMBERS["pidfd_open"], pid, 0)) if "pidfd_open" in NUMBERS else -1


def _has_ended(pid: int) -> bool:
    """Whether the child has ended. Leaves its status for the caller to collect."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    # macOS before Python 3.13 has no waitid; a zombie has no process group.
    try:
        os.getpgid(pid)
    except OSError:
        return True
    return False


def cpu_seconds(pid: int) -> float:
    """CPU time that another process has used, from its clock (see clock_getcpuclockid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def clean(work_dir: str, *, own_processes: bool) -> bool:
    """Kill the processes and remove the files that the child left; return whether a file remains."""
    if own_processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # every process of this PID namespace except the caller
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
    dirty = False
    with os.scandir(work_dir) as entries:
        for entry in list(entries):
            try:
                os.unlink(entry.path)
            except OSError:
                dirty = True
    return dirty


def _disk(path: str) -> int:
    total = 0
    with os.scandir(path) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += FILE_COST + entry.stat(follow_symlinks=False).st_blocks * 512
    return total
