"""The paths that a sandbox may read and write, and the uid that it runs as."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from functools import lru_cache
from pathlib import Path

from util.system.processes import private_folder

_FIRST_UID, _UIDS = 60_000, 5_000


_PATHS = (
    "import json, os, sys, sysconfig\n"
    "names = ('stdlib', 'platstdlib', 'purelib', 'platlib')\n"
    "found = {path for name, path in sysconfig.get_paths().items() if name in names}\n"
    "found |= {os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix) for name in ('lib', 'lib64')}\n"
    "found |= {sys.base_prefix} if sys.implementation.name != 'cpython' and sys.base_prefix != '/usr' else set()\n"
    "print(json.dumps(sorted(found)))"
)
"""Prints the folders that an interpreter loads modules from. PyPy has libraries beside its executable, too."""

PATHS_SECONDS = 30


@lru_cache
def _folders(python: str) -> frozenset[str]:
    done = subprocess.run([python, "-s", "-c", _PATHS], capture_output=True, check=True, timeout=PATHS_SECONDS)
    return frozenset(json.loads(done.stdout))


def readable(python: str = "") -> list[str]:
    """Paths that a program must be able to read: system libraries and the interpreter's own folders.

    python: path of another interpreter.
    """
    if python:
        paths = set(_folders(python))
    else:
        names = ("stdlib", "platstdlib", "purelib", "platlib")
        paths = {path for name, path in sysconfig.get_paths().items() if name in names}
        paths |= {os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")}
    paths |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib"}
    paths |= {"/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"}
    return sorted(path for path in paths if os.path.exists(path))


def new_work_dir() -> str:
    """Create a folder of this process that programs may write to."""
    return private_folder("solution")


def drop_uid(namespaces: bool, python: str = "") -> tuple[int | None, str]:
    """The uid to drop to in a zygote started by root: an unused one, or None and why it must stay root."""
    if os.getuid() != 0:
        return None, ""
    if not namespaces:
        folders = {
            folder for path in readable(python) for folder in (Path(path).resolve(), *Path(path).resolve().parents)
        }
        closed = sorted(str(folder) for folder in folders if folder.is_dir() and not folder.stat().st_mode & 1)
        if closed:
            return None, f"stays root without capabilities: other users cannot read {closed[0]}"
    return _FIRST_UID + (os.getpid() * 7 + int(time.monotonic() * 1000)) % _UIDS, ""
