"""Ctrl-C in a terminal at any moment of a script's or module's first seconds: one line, status 130, no traceback."""

from __future__ import annotations

import os
import pty
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.scripts import ROOT

PLAN = [
    "inference_and_check.py",
    "--dataset",
    "MATH500",
    "--dataset-path",
    "samples/math500.jsonl",
    "--model",
    "m",
    "--dry-run",
]
COMMANDS = [PLAN, ["-m", "util.hub"], ["-m", "util.report", "samples"], ["-m", "util.training.verify", "none"]]
KILLED_BY_IT = -2
"""Only while Python takes itself down after all is done: it has given the signal back by then. A shell says 130 there too."""


def pressed(words: list[str], moment: float, folder: Path) -> tuple[int, str]:
    """(status, what the terminal shows) of a command in a terminal in which Ctrl-C is pressed after ``moment`` seconds."""
    more = ["--result-dir", str(folder)] if words is PLAN else []
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, *words, *more])
    time.sleep(moment)
    os.write(terminal, b"\x03")
    shown = b""
    with suppress(OSError):  # the terminal is closed
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode(errors="replace")


@pytest.mark.parametrize("number", range(12))
def test_at_a_random_moment(number: int, tmp_path: Path) -> None:
    moment = random.Random(number).uniform(0.15, 1.2)  # Python itself has started by then
    status, shown = pressed(COMMANDS[number % len(COMMANDS)], moment, tmp_path)
    assert status in (0, 1, 130, KILLED_BY_IT), shown
    assert not any(word in shown for word in ("Traceback", "Exception ignored")), shown
    assert shown.count("interrupted: ") == (status == 130), shown
