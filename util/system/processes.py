"""Utilities for child processes: lifetime, isolation, memory, temporary folders."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send ``number`` to this process when its parent (pid ``parent``) ends. Call it in the child.

    Linux only; on other systems the child notices a closed pipe.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # the parent ended before the call
        os._exit(1)


def hide_memory() -> None:
    """Deny other processes of the same user access to this process's memory and environment. Linux only."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")


def remove_tree(path: str) -> None:
    """Remove a folder tree of any depth. ``shutil.rmtree`` recurses, and untrusted code can create a deep tree."""
    try:
        os.rmdir(path)
    except OSError:
        if shutil.which("rm"):
            subprocess.run(["rm", "-rf", "--", path], check=False)
        else:
            shutil.rmtree(path, ignore_errors=True)


def private_folder(prefix: str) -> str:
    """Create a temporary folder of this process, and remove those of processes that have ended.

    Other users may enter it but not list it, because a sandbox inside runs with its own uid.
    """
    if sys.platform == "linux":
        for old in Path(tempfile.gettempdir()).glob(f"{prefix}-*-*"):
            owner = old.name.removeprefix(f"{prefix}-").split("-")[0]
            if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                remove_tree(str(old))
    folder = tempfile.mkdtemp(prefix=f"{prefix}-{os.getpid()}-")
    os.chmod(folder, 0o711)
    return folder


def limit_address_space(gib: float) -> None:
    """Limit the address space of this process; allocations beyond ``gib`` GiB raise MemoryError.

    macOS refuses such limits: the processes have none there.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = int(gib * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))


def resident_bytes(pid: int) -> int:
    """Resident memory of a process in bytes; 0 if it cannot be read."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
