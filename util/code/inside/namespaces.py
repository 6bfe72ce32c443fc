"""Linux namespaces: a minimal file system, no network, no other processes.

Only a process that is not root needs a user namespace. The new root holds, read-only,
what a Python program reads, and one small writable tmpfs. If a step after the first
fails, the process is partly set up and must end.
"""

from __future__ import annotations

import ctypes
import os
import struct

from .confine import check, libc
from .syscalls import NUMBERS

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH, _AT_FDCWD, _AT_RECURSIVE = 2, -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID = 1, 2

_DEVICES = ("null", "zero", "full", "random", "urandom")
_SHADOWED = "/sys"
"""Mount point of the new root during its set-up: no program needs the files below it."""

WORK_DIR = "/box"
"""Not /tmp: files that a program reads (a virtual environment) may be there."""

WORK_SIZE, WORK_FILES = 64 * 2**20, 1024


def unshare(*, as_root: bool) -> None:
    """Enter new namespaces; the next child is process 1 of the new PID namespace.

    Raises:
        OSError: not permitted (by a container, AppArmor, a sysctl).
    """
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    check(libc.unshare(flags | (0 if as_root else CLONE_NEWUSER)), "unshare")
    if not as_root:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def tiny_root(readable: list[str]) -> None:
    """Create a root with ``readable`` (read-only), /dev, /proc and ``WORK_DIR``, and enter it.

    Raises:
        OSError: a mount failed.
    """
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", _SHADOWED, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    for path in _outermost(readable):
        _bind(path, _SHADOWED + path)
    for path in readable:
        if os.path.realpath(path) != path and os.path.exists(path):
            _link(os.path.realpath(path), _SHADOWED + path)
    for name in _DEVICES:
        _bind(f"/dev/{name}", f"{_SHADOWED}/dev/{name}")
    for name, target in (("stdin", "0"), ("stdout", "1"), ("stderr", "2"), ("fd", "")):
        _link(f"/proc/self/fd/{target}".rstrip("/"), f"{_SHADOWED}/dev/{name}")
    _into_directory(f"{_SHADOWED}/proc")
    _mount("proc", f"{_SHADOWED}/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _into_directory(_SHADOWED + WORK_DIR)
    size = f"size={WORK_SIZE},nr_inodes={WORK_FILES},mode=1777"
    _mount("tmpfs", _SHADOWED + WORK_DIR, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, size)
    os.chdir(_SHADOWED)
    check(libc.syscall(NUMBERS["pivot_root"], b".", b"."), "pivot_root")
    check(libc.umount2(b".", _MNT_DETACH), "umount of the old root")
    os.chdir("/")
    _read_only("/", recursive=False)


def _bind(source: str, target: str) -> None:
    if not os.path.exists(source):
        return
    if os.path.isdir(source):
        _into_directory(target)
    else:
        _into_directory(os.path.dirname(target))
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    _mount(source, target, None, _MS_BIND | _MS_REC)
    if not source.startswith("/dev/"):
        _read_only(target, recursive=True)


def _link(target: str, path: str) -> None:
    _into_directory(os.path.dirname(path))
    if not os.path.lexists(path):
        os.symlink(target, path)


def _read_only(path: str, *, recursive: bool) -> None:
    attributes = struct.pack("QQQQ", _ATTR_RDONLY | _ATTR_NOSUID, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    number = NUMBERS["mount_setattr"]
    check(libc.syscall(number, _AT_FDCWD, os.fsencode(path), flags, attributes, ctypes.c_size_t(32)), "mount_setattr")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    done = libc.mount(
        source and os.fsencode(source),
        os.fsencode(target),
        kind and kind.encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )
    check(done, f"mount of {source or kind} on {target}")


def _into_directory(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)


def _outermost(paths: list[str]) -> list[str]:
    """The paths without those inside other ones; symbolic links are resolved."""
    real = sorted({os.path.realpath(path) for path in paths if os.path.exists(path)})
    return [path for path in real if not any(path.startswith(f"{other}/") for other in real)]


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
