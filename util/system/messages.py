"""Messages of a run about itself, which ``--quiet`` leaves out. Warnings and errors are printed, whatever it says."""

from __future__ import annotations

import sys

_quiet = False


def be_quiet(quiet: bool) -> None:
    """Whether ``tell`` prints nothing from now on; for the whole process."""
    global _quiet
    _quiet = quiet


def is_quiet() -> bool:
    return _quiet


def tell(text: str) -> None:
    """Print a message that no one needs who has asked for quiet, on standard error."""
    if not _quiet:
        print(text, file=sys.stderr)
