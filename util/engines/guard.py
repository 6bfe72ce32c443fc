"""Ends an engine's processes when the process that started them is gone.

vLLM computes in a process of its own where there are GPUs. That one outlives a SIGKILL of
its parent (seen with vLLM 0.32: it finishes its requests and stays, the GPU's memory with
it), so the rerun that ought to continue finds no memory. The kernel's parent-death signal
cannot be set from outside; hence a small process that waits at the end of a pipe.

It runs this file alone, so the standard library is all that this file may use.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

POLL_SECONDS = 0.2
LOADED, CLOSED = b"l", b"c"


class Guard:
    """Watches the children that this process starts until ``loaded``; ends those left when this process is gone."""

    def __init__(self) -> None:
        numbers = [os.getpid(), *_children(os.getpid())]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *map(str, numbers)], stdin=subprocess.PIPE, start_new_session=True
        )

    def loaded(self) -> None:
        """The engine runs: children that start from now on are not its."""
        self._say(LOADED)

    def close(self) -> None:
        """The engine has ended by itself."""
        self._say(CLOSED)
        self._process.wait()

    def end(self) -> None:
        """End what is left of the engine now."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _say(self, word: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # somebody ended the guard
            self._process.stdin.write(word)
            self._process.stdin.flush()


def watch(parent: int, earlier: set[int]) -> None:
    """The guard's process: read words from stdin; where it ends without CLOSED, kill all children but ``earlier`` ones."""
    known: dict[int, str] = {}
    starting = True
    while True:
        spoken = select.select([0], [], [], POLL_SECONDS if starting else None)[0]
        if starting:
            known.update((pid, start) for pid, start in _children(parent).items() if pid not in earlier)
        if not spoken:
            continue
        word = os.read(0, 1)
        if word == CLOSED:
            return
        if not word:
            break
        starting = False
    for pid, start in known.items():
        if _start_time(pid) == start:  # a number may belong to somebody else by now
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> dict[int, str]:
    """Children of a process and when each started. Python's resource tracker ends by itself, and has work to do then."""
    found: dict[int, str] = {}
    for listed in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for word in listed.read_text().split():
                command = Path(f"/proc/{word}/cmdline").read_bytes()
                if int(word) != os.getpid() and b"resource_tracker" not in command:
                    found[int(word)] = _start_time(int(word))
    return found


def _start_time(pid: int) -> str:
    """Field 22 of /proc/PID/stat, in clock ticks after boot; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


if __name__ == "__main__":
    watch(int(sys.argv[1]), {int(word) for word in sys.argv[2:]})
