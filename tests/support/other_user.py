"""An interpreter for an unprivileged user, and the packages that the sandbox needs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from support.scripts import ROOT

UNPRIVILEGED = 65534
AS_OTHER: dict[str, Any] = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


@cache
def packages_for_others() -> str:
    """A folder with msgspec that every user may read: other users may not be able to read the tests' environment."""
    folder = tempfile.mkdtemp(prefix="packages-")
    os.chmod(folder, 0o755)
    spec = importlib.util.find_spec("msgspec")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, Path(folder) / "msgspec", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def environment() -> dict[str, str]:
    """Environment variables with which any interpreter finds the project, tests/support and msgspec."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests"), packages_for_others()])}


def interpreter_for_others() -> str | None:
    """The path of a Python that an unprivileged user can start and that imports msgspec; None if there is none."""
    for path in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [path, "-c", "import ctypes, msgspec"]
        try:
            done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False, env=environment(), **AS_OTHER)
        except OSError:
            continue
        if done.returncode == 0:
            return path
    return None
