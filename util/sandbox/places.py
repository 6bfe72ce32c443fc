"""Where a sandbox may read and write, and as whom it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

_FIRST_UID, _UIDS = 60_000, 5_000


def readable() -> list[str]:
    """What a program must be able to read: libraries, and Python's own folders."""
    paths = {
        path for name, path in sysconfig.get_paths().items() if name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    paths |= {os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")}
    paths |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib"}
    paths |= {"/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"}
    return sorted(path for path in paths if os.path.exists(path))


def remove(path: str) -> None:
    """Remove a folder tree of any depth: ``shutil.rmtree`` recurses, and a hostile tree is deep."""
    try:
        os.rmdir(path)
    except OSError:
        if shutil.which("rm"):
            subprocess.run(["rm", "-rf", "--", path], check=False)
        else:
            shutil.rmtree(path, ignore_errors=True)


def new_work_dir() -> str:
    """A folder named after this process; those of processes that are gone are removed first."""
    for old in Path(tempfile.gettempdir()).glob("solution-*-*"):
        owner = old.name.split("-")[1]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}") and sys.platform == "linux":
            remove(str(old))
    return tempfile.mkdtemp(prefix=f"solution-{os.getpid()}-")


def drop_uid(namespaces: bool) -> tuple[int | None, str]:
    """The uid for a zygote started by root: one of its own; None with the reason if it must stay root."""
    if os.getuid() != 0:
        return None, ""
    if not namespaces:
        folders = {folder for path in readable() for folder in (Path(path).resolve(), *Path(path).resolve().parents)}
        closed = sorted(str(folder) for folder in folders if folder.is_dir() and not folder.stat().st_mode & 1)
        if closed:
            return None, f"stays root without capabilities: {closed[0]} is closed to other users"
    return _FIRST_UID + (os.getpid() * 7 + int(time.monotonic() * 1000)) % _UIDS, ""
