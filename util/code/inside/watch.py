"""The zygote's eye on its child: ends it in time, and removes what it leaves behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time

OUT_OF_TIME, OUT_OF_DISK, DIRTY = 1, 2, 4
"""Flags of a reply."""

PATIENCE = 10
"""A child that is kept waiting for a processor gets this many times its wall limit."""

IDLE_SHARE = 0.08
"""Below this share of a processor a child counts as idle, not as kept waiting."""

DISK_LIMIT = 64 * 2**20


def watch(pid: int, sock: socket.socket, wall: float, work_dir: str, *, own_disk: bool) -> int:
    """Wait until the child has ended, or kill it; return why as flags."""
    fd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    poll = select.poll()
    poll.register(sock, 0)  # hang-up alone: the worker is gone
    if fd >= 0:
        poll.register(fd, select.POLLIN)
    start, limit = time.monotonic(), wall
    flags, step = 0, 0.002
    try:
        while True:
            left = start + limit - time.monotonic()
            if fd < 0 or not own_disk:
                # No pidfd: look often. No tmpfs with a size: the work directory is watched.
                left, step = min(left, step), min(step * 1.5, 0.02)
            events = dict(poll.poll(max(0, left) * 1000))
            if sock.fileno() in events:
                os.kill(pid, signal.SIGKILL)
                os._exit(1)
            if fd in events or (fd < 0 and _has_ended(pid)):
                return flags
            if not own_disk and _disk(work_dir) > DISK_LIMIT:
                flags |= OUT_OF_DISK
            elapsed = time.monotonic() - start
            if elapsed >= limit:
                if elapsed < wall * PATIENCE and _cpu_seconds(pid) > IDLE_SHARE * elapsed:
                    limit += wall
                    continue
                flags |= OUT_OF_TIME
            if flags:
                os.kill(pid, signal.SIGKILL)
                return flags  # the caller waits for it
    finally:
        if fd >= 0:
            os.close(fd)


def _has_ended(pid: int) -> bool:
    """Without taking its status, which the caller wants."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    # macOS before Python 3.13: a zombie has no process group.
    try:
        os.getpgid(pid)
    except OSError:
        return True
    return False


def _cpu_seconds(pid: int) -> float:
    """CPU time of another process so far, by its clock (see clock_getcpuclockid)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def clean(work_dir: str, *, own_processes: bool) -> bool:
    """End whatever the child left behind; True if something stays."""
    if own_processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # all of this PID namespace but the caller
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
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
