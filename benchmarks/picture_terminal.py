"""A command in a real terminal of its own, and what its screen shows, as HTML for a picture."""

from __future__ import annotations

import contextlib
import fcntl
import html
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLUMNS, LINES = 100, 60
COLOURS = {
    "black": "#484f58", "red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff",
    "cyan": "#76e3ea", "white": "#c9d1d9", "default": "#e6edf3",
}  # fmt: skip
"""Names of pyte (brown is yellow) -> colours that are legible on the background."""
STYLE = (
    "body{margin:0;background:#fff}main{display:inline-block;background:#0d1117;color:#e6edf3;border-radius:8px;"
    "padding:0 18px 16px;font:14px/1.35 'DejaVu Sans Mono',monospace}"
    "header{color:#8b949e;padding:10px 0;max-width:100ch;font-size:12px}header span{white-space:nowrap}pre{margin:0;font:inherit}"
)


class Terminal:
    """Runs a command in a terminal of ``COLUMNS`` by ``LINES``; a thread reads what it writes."""

    def __init__(self, command: Sequence[str], cwd: Path, environment: dict[str, str]) -> None:
        import pyte

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, "TERM": "xterm-256color", **environment}, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reader.start()

    def _read(self, ours: int) -> None:
        with contextlib.suppress(OSError):  # EIO: the last process has closed the terminal
            while data := os.read(ours, 65536):
                with self._lock:
                    self._stream.feed(data)
        os.close(ours)

    def wait(self) -> int:
        """The exit status, after everything written has been read."""
        status = self.process.wait()
        self._reader.join(timeout=10)
        return status

    def page(self, title: str, *, last: int | None = None) -> str:
        """The screen as an HTML page, without the empty lines at its end. last: only so many lines."""
        with self._lock:
            lines = [_line(self._screen.buffer[number]) for number in range(LINES)]
        while lines and not lines[-1].strip():
            lines.pop()
        shown = lines[-last:] if last else lines
        text = "\n".join(shown)
        header = " ".join(
            f"<span>{html.escape(word)}</span>" for word in title.split()
        )  # lines break between words only
        return (
            f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><main><header>$ {header}</header>"
            f"<pre>{text}</pre></main>"
        )

    def text(self) -> str:
        with self._lock:
            return "\n".join(self._screen.display)


def _line(cells: Any) -> str:
    """One line of the screen: runs of equal style as spans."""
    parts: list[str] = []
    run, style = "", ""
    for column in range(COLUMNS):
        cell = cells[column]
        wanted = _style(cell)
        if wanted != style:
            parts.append(_span(run, style))
            run, style = "", wanted
        run += cell.data
    parts.append(_span(run, style))
    return "".join(parts).rstrip()


def _style(cell: Any) -> str:
    front, back = (
        COLOURS.get(name, f"#{name}" if len(name) == 6 else COLOURS["default"]) for name in (cell.fg, cell.bg)
    )
    has_back = cell.bg != "default"
    if cell.reverse:
        front, back, has_back = (back if has_back else "#0d1117"), front, True
    style = f"color:{front};" if front != COLOURS["default"] else ""
    return style + (f"background:{back};" if has_back else "") + ("font-weight:bold;" if cell.bold else "")


def _span(text: str, style: str) -> str:
    escaped = html.escape(text)
    return f'<span style="{style}">{escaped}</span>' if style and text else escaped
