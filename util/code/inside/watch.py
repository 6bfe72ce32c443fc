"""Watch a child of the zygote: enforce its time limit, and remove what it leaves behind."""

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
"""A child that has to wait for a processor gets up to this many times its wall limit."""

IDLE_SHARE = 0.08
"""A child that uses less than this share of a processor counts as idle, not as waiting for one."""

DISK_LIMIT = 64 * 2**20


def watch(pid: int, sock: socket.socket, wall: float, work_dir: str, *, own_disk: bool) -> int:
    """Wait until the child has ended, or kill it; return flags that say why it was killed."""
    fd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    poll = select.poll()
    poll.register(sock, 0)  # only hang-up: the worker ended
    if fd >= 0:
        poll.register(fd, select.POLLIN)
    start, limit = time.monotonic(), wall
    flags, step = 0, 0.002
    try:
        while True:
            left = start + limit - time.monotonic()
            if fd < 0 or not own_disk:
                # Without a pidfd, poll often; without a sized tmpfs, poll the size of the work directory.
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
                return flags  # the caller reaps it
    finally:
        if fd >= 0:
            os.close(fd)


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


def _cpu_seconds(pid: int) -> float:
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
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
