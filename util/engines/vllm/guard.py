"""Ends an engine's processes when the process that started them has died.

On GPUs vLLM computes in a process of its own, which survives a SIGKILL of its parent (seen with vLLM 0.32) and keeps
the GPU's memory, so that a rerun finds none. The kernel's parent-death signal cannot be set from outside; hence a
small process that waits for the end of a pipe.
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
SEEN = b"s"


class Guard:
    """Watches the children that this process starts until ``loaded``; ends those left when this process has died."""

    def __init__(self) -> None:
        numbers = [os.getpid(), *(child.pid for child in psutil.Process().children())]
        # -P: modules beside this file must not shadow those of the standard library.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, *map(str, numbers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def loaded(self) -> None:
        """The engine runs: children that start after this call are not the engine's."""
        self._send(LOADED)
        assert self._process.stdout is not None
        self._process.stdout.read(1)  # SEEN, or nothing where somebody ended the guard

    def close(self) -> None:
        """The engine has ended by itself."""
        self._send(CLOSED)
        self._process.wait()

    def end(self) -> None:
        """End what is left of the engine."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _send(self, word: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # somebody ended the guard
            self._process.stdin.write(word)
            self._process.stdin.flush()


def watch_parent(parent: int, earlier: set[int]) -> None:
    """The guard's process: read from stdin; where that ends without CLOSED, kill all children but the ``earlier`` ones."""
    known: set[psutil.Process] = set()
    starting = True
    while True:
        readable = select.select([0], [], [], POLL_SECONDS if starting else None)[0]
        if starting:
            with contextlib.suppress(psutil.NoSuchProcess):  # the parent has died, and the pipe ends
                known.update(psutil.Process(parent).children())
        if not readable:
            continue
        word = os.read(0, 1)
        if word == CLOSED:
            return
        if not word:
            break
        starting = False
        with contextlib.suppress(BrokenPipeError):  # the parent has died since
            os.write(1, SEEN)
    for child in known:
        with contextlib.suppress(psutil.Error):  # it has ended
            # Python's resource tracker ends by itself, after it has cleaned up.
            if child.pid not in {os.getpid(), *earlier} and "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()


if __name__ == "__main__":
    watch_parent(int(sys.argv[1]), {int(word) for word in sys.argv[2:]})
