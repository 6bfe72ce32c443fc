"""A script in a real terminal: a pty, and pyte to see what its screen shows."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator

import pyte
from pyte.screens import wcwidth

from support.scripts import ROOT
from util.system.descriptors import readable

ERASE_LINES_ABOVE = "\x1b["


class _Screen(pyte.Screen):
    """A screen that notes the lines that do not fit: the terminal goes on with them in the next line."""

    def __init__(self, columns: int, rows: int) -> None:
        self.wrapped: list[str] = []
        self.gone: list[str] = []
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        for character in data:
            if self.cursor.x + max(wcwidth(character), 0) > self.columns:
                self.wrapped.append(self.display[self.cursor.y])
            super().draw(character)

    def index(self) -> None:
        if self.cursor.y == (self.margins.bottom if self.margins else self.lines - 1):
            self.gone.append(self.display[0].rstrip())
        super().index()


class Terminal:
    """A process in a terminal of its own. raw: all that it has written."""

    def __init__(self, *words: object, columns: int = 80, rows: int = 40, env: dict[str, str] | None = None) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self.raw = ""
        self._leader, follower = pty.openpty()
        self.resize(columns, rows)
        environment = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")
        }
        self.process = subprocess.Popen(
            [sys.executable, *map(str, words)], cwd=ROOT, stdin=follower, stdout=follower, stderr=follower,
            start_new_session=True, env=environment | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | (env or {}),
        )  # fmt: skip
        os.close(follower)

    @property
    def wrapped(self) -> list[str]:
        """The starts of lines that did not fit."""
        return self._screen.wrapped

    def shown(self) -> list[str]:
        """All lines, those that left the screen included."""
        return [*self._screen.gone, *(line.rstrip() for line in self._screen.display)]

    def text(self) -> str:
        return "\n".join(self.shown())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def wait_for(self, condition: Callable[[str], object], seconds: float = 60.0) -> str:
        """What is shown once ``condition`` is true of it."""
        deadline = time.monotonic() + seconds
        while not condition(self.text()):
            assert time.monotonic() < deadline, self.text()
            assert self._read(0.05) or self.process.poll() is None, self.text()
        return self.text()

    def end(self, seconds: float = 120.0) -> int:
        """The exit status, once the process has ended and its output is read."""
        deadline = time.monotonic() + seconds
        while self._read(0.1) or self.process.poll() is None:
            assert time.monotonic() < deadline, self.text()
        return self.process.wait()

    def _read(self, seconds: float) -> bool:
        if not readable(self._leader, seconds):
            return False
        try:
            data = os.read(self._leader, 65536)
        except OSError:  # the last process of the terminal has ended
            return False
        text = data.decode(errors="replace")
        self.raw += text
        self._stream.feed(text)
        return bool(data)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._leader)


@contextlib.contextmanager
def terminal(
    *words: object, columns: int = 80, rows: int = 40, env: dict[str, str] | None = None
) -> Iterator[Terminal]:
    found = Terminal(*words, columns=columns, rows=rows, env=env)
    try:
        yield found
    finally:
        found.close()
