"""What libraries and engines print goes to a log file beside the results; what the scripts print goes to the console.

An engine prints in three ways: through Python's streams while it is imported and loads, straight to descriptors 1 and 2
(C++ code), and from processes of its own, which inherit these. So while an engine loads, Python's streams are the log, and
from then on to the end of the process the descriptors are; the scripts' own streams write to copies of the descriptors.

The descriptors lead straight to the file, not to a pipe that a thread of this process reads: code that holds Python's lock
would wait for ever once a pipe is full.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import re
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import CONSOLE, tell
from util.system.redaction import redacted, redacted_command
from util.system.streams import Stream

MOST_BYTES = 50 * 2**20
"""Of a log; a longer one is cut, see ``EngineLog.bound``."""
KEPT_BYTES = 5 * 2**20
HEAD = b"== 20"
"""A log begins with it: the year of the first run."""
CAUSES, CAUSE_COLUMNS = 6, 300
"""Lines of a log that are shown with an error, and how much of each."""

_FAULT = re.compile(
    r"(?<![\w.])[\w.]*(?:Error|Exception|Interrupt)\b\s*[:(]|\bterminate called|\bwhat\(\):|(?i:\bfatal\b)"
)
_PREFIX = re.compile(
    r"^(?:\([^()]{1,80}\)\s+|(?:ERROR|WARNING|INFO|CRITICAL|DEBUG)\s+|\[?\d[\d:/., -]+\]?\s+|\[[\w.]+:\d+\]\s*)+"
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def log_beside(path: Path) -> Path:
    """The log that belongs to a file of results: NAME.log.

    NAME.engine.log where that is the file itself, where this process's output goes, or a file that is no such log.
    """
    found = path.with_name(f"{path.stem}.log")
    with contextlib.suppress(OSError):
        output = [os.fstat(number) for number in (1, 2)]
        if found == path or any(os.path.samestat(found.stat(), each) for each in output):
            return path.with_name(f"{path.stem}.engine.log")
        with found.open("rb") as file:
            if file.read(len(HEAD)) not in (HEAD, b""):
                return path.with_name(f"{path.stem}.engine.log")
    return found


class EngineLog:
    """A log file that is open for appending. path: its name."""

    def __init__(self, path: Path) -> None:
        """Raises: OSError: it cannot be opened."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.bound()
        self.start = os.fstat(self.number).st_size
        """Where the output of this process begins."""
        self.write(f"== {time.strftime('%Y-%m-%dT%H:%M:%S%z')} {redacted_command(['python', *sys.argv])}\n")
        self.begun = os.fstat(self.number).st_size

    def write(self, text: str) -> int:
        """Append text without credentials. A full disk ends no run that is paid for, so that the text may be lost."""
        with contextlib.suppress(OSError):
            os.write(self.number, redacted(text).encode("utf-8", "backslashreplace"))
        return len(text)

    def bound(self) -> None:
        """Where the file has grown too long, keep its last part, and the one before that as NAME.log.old."""
        with contextlib.suppress(OSError):
            size = os.fstat(self.number).st_size
            if size <= MOST_BYTES:
                return
            # In place, since other processes append to the same file.
            kept = os.pread(self.number, KEPT_BYTES, size - KEPT_BYTES)
            old = self.path.with_name(f"{self.path.name}.old")
            old.write_bytes(kept)
            os.ftruncate(self.number, 0)
            self.start = 0
            self.write(f"== {time.strftime('%Y-%m-%dT%H:%M:%S%z')} goes on from {old.name}\n")

    def mask(self) -> None:
        """Overwrite the credentials in what other code has written since ``start``, in place."""
        with contextlib.suppress(OSError):
            place, other = self.start, os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)  # not for appending
            data = os.pread(self.number, MOST_BYTES + KEPT_BYTES, place)
            for line in data.splitlines(keepends=True):
                text = line.decode("utf-8", "replace")
                if (masked := redacted(text)) != text:
                    new = masked.rstrip("\n").encode("utf-8", "replace")[: len(line) - 1]
                    os.pwrite(other, new.ljust(len(line) - 1) + line[-1:], place)
                place += len(line)
            os.close(other)

    def is_empty(self) -> bool:
        """Whether nothing has been printed since this process began the log."""
        return os.fstat(self.number).st_size <= self.begun

    def causes(self) -> list[str]:
        """The last lines of this process that name a fault, each once, in their order."""
        with contextlib.suppress(OSError):
            size = os.fstat(self.number).st_size
            begin = max(self.start, size - 2**20)
            text = os.pread(self.number, size - begin, begin).decode("utf-8", "replace")
            lines = [_plain(line) for line in re.split(r"[\r\n]+", text)[1:]]
            faults = [line for line in lines if _FAULT.search(line)]
            return list(dict.fromkeys(reversed(faults)))[:CAUSES][::-1]
        return []


def _plain(line: str) -> str:
    """A line of a log without colours and what loggers put before it."""
    return printable(redacted(_PREFIX.sub("", _ESCAPE.sub("", line)).strip()))[:CAUSE_COLUMNS]


class _LogStream:
    """A text stream of Python's that writes to a log."""

    encoding, errors, newlines = "utf-8", "backslashreplace", None

    def __init__(self, log: EngineLog) -> None:
        self._log = log
        self.write = log.write

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        return self._log.number

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    readable = seekable = isatty
    closed = False


_log: EngineLog | None = None
_debug = False


def show_all(debug: bool) -> None:
    """Whether everything that engines print is shown on the console, and no log is written."""
    global _debug
    _debug = debug


def shows_all() -> bool:
    return _debug


def log_path() -> Path | None:
    """The log of this process; None where there is none."""
    return _log.path if _log is not None else None


def bound_log() -> None:
    """Keep the log from growing without end; to be called now and then."""
    if _log is not None:
        _log.bound()


def _of_ray(text: str) -> bool:
    """Whether text is the output of Ray's workers, which a thread of Ray's prints on standard output and error."""
    if _log is None or not threading.current_thread().name.startswith("ray_"):
        return False
    _log.write(text)
    return True


@contextlib.contextmanager
def captured(path: Path | None) -> Iterator[None]:
    """While an engine is imported and loads: all that is not the scripts' own goes to the log at ``path``.

    Nothing is captured without a path, with ``show_all``, and outside of scripts, whose streams are not ours.

    Raises:
        UserError: as the body does; the message also has what the log says of the cause.
    """
    log = _opened(path)
    if log is None:
        yield
        return
    streams = sys.stdout, sys.stderr
    CONSOLE.append(sys.stderr)
    sys.stdout = sys.stderr = _LogStream(log)  # type: ignore[assignment]
    try:
        yield
    except UserError as error:
        raise explained(error) from error
    finally:
        sys.stdout, sys.stderr = streams
        CONSOLE.pop()


def explained(error: UserError) -> UserError:
    """The error with the lines of the log that name its cause, as far as it does not say them itself, and the log's name."""
    if _log is None or _log.is_empty():
        return error
    said = str(error)
    shown = "".join(f"\n  {line}" for line in _log.causes() if line[:80] not in said)
    last = f"\nThe last lines of the engine that name a fault:{shown}" if shown else ""
    return type(error)(f"{said}{last}\nAll output of the engine: {_log.path}")


def _opened(path: Path | None) -> EngineLog | None:
    """The log of this process, begun and with the descriptors led to it where that has not happened."""
    global _log
    out, err = sys.stdout, sys.stderr
    if path is None or _debug or not (isinstance(out, Stream) and isinstance(err, Stream)):
        return None
    if _log is not None:
        return _log
    try:
        _log = EngineLog(path)
    except OSError as error:
        print(f"note: no log of the engine: {path} cannot be written ({error.strerror})", file=sys.stderr)
        return None
    tell(printable(f"output of the engine: {path}"))
    out.move()
    err.move()
    out.aside = err.aside = _of_ray
    atexit.register(_log.mask)
    os.dup2(_log.number, 1)
    os.dup2(_log.number, 2)
    later = _LogStream(_log)
    logging.lastResort = logging.StreamHandler(later)  # type: ignore[type-var, assignment]
    logging.lastResort.setLevel(logging.WARNING)  # type: ignore[union-attr]

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
        line: str | None = None,
    ) -> None:  # fmt: skip
        later.write(warnings.formatwarning(message, category, filename, lineno, line))

    warnings.showwarning = show
    return _log
