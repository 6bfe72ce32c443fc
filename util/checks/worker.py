"""The main function of a checker process. Each of them imports this module, so it imports little."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import msgspec

from util.records import Verdict
from util.system.credentials import strip_environment
from util.system.processes import die_with_parent, hide_memory

if TYPE_CHECKING:
    from util.task import Checker


def work(pipe: Connection, checker: Checker, parent: int, folder: str) -> None:
    """Run checks until its pipe closes.

    folder: for its temporary files; the parent removes it, because a killed worker cannot.
    """
    tempfile.tempdir = folder
    die_with_parent(parent)
    hide_memory()
    strip_environment()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.set_int_max_str_digits(0)  # tests contain integers with more than 4,300 digits
    pipe.send_bytes(b"ready")
    while True:
        try:
            row, text = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = _encoded(checker.check(row, text))
        except Exception as error:  # an error of the checker is not a verdict on the response
            answer = _encoded(Verdict(None, f"checker fault: {type(error).__name__}: {error}"[:500]))
        pipe.send_bytes(answer)


def _encoded(verdict: Verdict) -> bytes:
    """Raises: TypeError, msgspec.ValidationError: a field has the wrong type, or evidence that JSON cannot hold."""
    fields = msgspec.to_builtins(verdict)
    msgspec.convert(fields, Verdict)
    return json.dumps(fields).encode()
