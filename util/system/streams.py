"""Standard input, output and error of a script: what is closed, full or gone ends in a message, not in a traceback.

All text that a script writes passes ``Stream.write``, which masks secrets.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO, cast

from util.system.redaction import redacted
from util.system.terminal_text import folded, terminal_size


class ReaderGone(BrokenPipeError):
    """The reader of standard output has ended, as in ``| head``: nothing more can be printed."""


class Screen:
    """The terminal that standard output and error share with a picture of the run's progress.

    hide: removes the picture, which text would run into otherwise; None if there is none. line_open: whether the last text
    has not ended its line, so that no picture can be drawn.
    """

    hide: Callable[[], None] | None = None
    line_open = False

    def before(self, text: str) -> None:
        """Text follows that is not the picture's."""
        if self.hide is not None:
            self.hide()
        self.line_open = not text.endswith("\n")


SCREEN = Screen()


class Stream:
    """A standard stream that drops what it cannot write, so that a full disk ends no run that is paid for.

    fault: why it cannot be written, once something was lost. Everything else is the stream's own.
    """

    def __init__(self, stream: TextIO, *, closed: bool = False, ends_with_reader: bool = False) -> None:
        self._stream = stream
        self._closed = closed
        self._ends_with_reader = ends_with_reader
        self._on_screen = not closed and stream.isatty()
        self.fault: OSError | None = None
        self.aside: Callable[[str], bool] | None = None
        """Takes text that is not for the user, and says whether it has."""

    def write(self, text: str) -> int:
        """Raises: ReaderGone: this is standard output, and its reader has ended."""
        if self.aside is not None and self.aside(text):
            return len(text)
        if text and self._on_screen:
            shown = text if SCREEN.line_open else folded(text, terminal_size(self._stream)[0])
            SCREEN.before(text)
            self.draw(shown)
        else:
            self.draw(text)
        return len(text)

    def draw(self, text: str) -> int:
        """Write a part of the picture that ``SCREEN`` has; see ``write``."""
        if self._closed and text:
            self.fault = OSError(errno.EBADF, os.strerror(errno.EBADF))
        elif self.fault is None:
            try:
                self._stream.write(redacted(text))
            except OSError as error:
                self._failed(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """See ``write``."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """See ``write``."""
        if self.fault is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._failed(error)

    def move(self) -> None:
        """Write to a copy of the descriptor from now on, so that its number can be given to something else."""
        self.flush()
        old = self._stream
        copied = os.fdopen(os.dup(old.fileno()), "w", encoding=old.encoding, errors=old.errors)
        unbuffered = bool(getattr(old, "write_through", False))  # PYTHONUNBUFFERED
        copied.reconfigure(line_buffering=bool(old.line_buffering) or unbuffered)
        self._stream = copied

    def _failed(self, error: OSError) -> None:
        with contextlib.suppress(OSError):  # what is still buffered must not fail again when Python ends
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)
        if isinstance(error, BrokenPipeError) and self._ends_with_reader:
            raise ReaderGone(*error.args) from None
        self.fault = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard_streams() -> None:
    """Put a ``Stream`` in the place of standard output and error; open what is closed, so that no file gets its number."""
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = _guarded(sys.stdout, 1, ends_with_reader=True)
    sys.stderr = _guarded(sys.stderr, 2)


def _guarded(stream: TextIO | None, number: int, *, ends_with_reader: bool = False) -> TextIO:
    """stream: None if Python found it closed when it started."""
    opened = os.fdopen(number, "w", closefd=False) if stream is None else stream
    reconfigure = getattr(opened, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # terminals that are not in UTF-8
    guarded = Stream(opened, closed=stream is None, ends_with_reader=ends_with_reader)
    return cast(TextIO, guarded)


def lost_output() -> str | None:
    """Why a part of standard output could not be written; None if all of it was.

    Raises:
        ReaderGone: see ``Stream.write``.
    """
    sys.stdout.flush()
    fault: OSError | None = getattr(sys.stdout, "fault", None)
    return None if fault is None else fault.strerror or str(fault)
