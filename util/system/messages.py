"""Messages of a run about itself, which ``--quiet`` leaves out. Warnings and errors are printed, whatever it says."""

from __future__ import annotations

import sys
from typing import Any

_quiet = False

CONSOLE: list[Any] = []
"""The user's standard error, last, while ``sys.stderr`` is something else."""


def be_quiet(quiet: bool) -> None:
    """Whether ``tell`` prints nothing from now on; for the whole process."""
    global _quiet
    _quiet = quiet


def is_quiet() -> bool:
    return _quiet


def say(text: str) -> None:
    """Print a message on standard error, also while that is a log file (see ``noise``)."""
    print(text, file=CONSOLE[-1] if CONSOLE else sys.stderr)


def tell(text: str) -> None:
    """Print a message that no one needs who has asked for quiet; see ``say``."""
    if not _quiet:
        say(text)
