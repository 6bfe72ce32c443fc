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

    This process's own interpreter is "".
    """
    version = re.fullmatch(r"(?:cpython|python)?-?\s*(3(?:\.\d+)?)(?:\.\d+)?", name.strip().lower())
    if version is not None:
        own = f"{sys.version_info[0]}.{sys.version_info[1]}"
        if sys.implementation.name == "cpython" and version[1] in ("3", own):
            return ""
        name = f"python{version[1]}"
    path = shutil.which(name)
    return path if path is not None and _runs(path) else None


def _runs(path: str) -> bool:
    """Whether it is a Python 3.8 or later."""
    try:
        done = subprocess.run(
            [path, "-s", "-c", "import sys; print(sys.version_info >= (3, 8))"],
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == "True"
