"""Words of advice that depend on the command: what to run again."""

from __future__ import annotations

import sys


def rerun() -> str:
    """How to continue: the same command, but never again with --overwrite, which would set aside what was paid for."""
    again = any(word.replace("_", "-") == "--overwrite" for word in sys.argv)
    return "rerun the same command without --overwrite" if again else "rerun the same command"
