"""Find the interpreter that a row or an option names."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import lru_cache

SECONDS = 30


@lru_cache
def interpreter(name: str) -> str | None:
    """Path of an interpreter: a path, or a version such as "3.11", "python3.12" or "pypy3.10". None if it is not here.

    This process's own interpreter is "". It is started here, outside of the sandbox: data may name versions only (see
    ``interpreter_of_version``).
    """
    version = re.fullmatch(r"(?:cpython|python)?-?\s*(3(?:\.\d+)?)(?:\.\d+)?", name.strip().lower())
    if version is not None:
        own = f"{sys.version_info[0]}.{sys.version_info[1]}"
        if sys.implementation.name == "cpython" and version[1] in ("3", own):
            return ""
        name = f"python{version[1]}"
    path = shutil.which(name)
    return None if path is None else _real(path)


def interpreter_of_version(version: str) -> str | None:
    """As ``interpreter``, for a version that a row of a data set names: a path or another command is not there."""
    return (
        interpreter(version) if re.fullmatch(r"(?i)\s*(cpython|python|pypy)?-?\s*3(\.\d+){0,2}\s*", version) else None
    )


def _real(path: str) -> str | None:
    """Path of the interpreter that a command starts, which may be a script; None if it is no Python 3.9 or later."""
    program = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')"
    try:
        done = subprocess.run([path, "-s", "-c", program], capture_output=True, text=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
