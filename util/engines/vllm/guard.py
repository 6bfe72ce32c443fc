"""Ends an engine's processes when the process that started them is gone.

vLLM computes in a process of its own where there are GPUs. That one outlives a SIGKILL of
its parent (seen with vLLM 0.32), and the GPU's memory with it, so the rerun that
ought to continue finds none. The kernel's parent-death signal cannot be set from outside;
hence a small process that waits at the end of a pipe.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys

import psutil

POLL_SECONDS = 0.2
LOADED, CLOSED = b"l", b"c"


class Guard:
    """Watches the children that this process starts until ``loaded``; ends those left when this process is gone."""

    def __init__(self) -> None:
        numbers = [os.getpid(), *(child.pid for child in psutil.Process().children())]
        # -P: the modules beside this file must not stand before the library's.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, *map(str, numbers)], stdin=subprocess.PIPE, start_new_session=True
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
    known: set[psutil.Process] = set()
    starting = True
    while True:
        spoken = select.select([0], [], [], POLL_SECONDS if starting else None)[0]
        if starting:
            with contextlib.suppress(psutil.NoSuchProcess):  # the parent is gone, and the pipe says so
                known.update(psutil.Process(parent).children())
        if not spoken:
            continue
        word = os.read(0, 1)
        if word == CLOSED:
            return
        if not word:
            break
        starting = False
    for child in known:
        with contextlib.suppress(psutil.Error):  # it has ended
            # Python's resource tracker ends by itself, and has work to do then.
            if child.pid not in {os.getpid(), *earlier} and "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()


if __name__ == "__main__":
    watch(int(sys.argv[1]), {int(word) for word in sys.argv[2:]})
