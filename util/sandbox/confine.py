"""What a solution's process may not do. Linux only, by system calls, without root.

Applied inside the child just before the solution runs, and inherited by nothing
else: resource limits, Landlock (files), seccomp (processes, network, signals).
This file runs alone in the child, so it imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 4, 38, 22
SECCOMP_MODE_FILTER = 2

# Kernel headers: (audit architecture, {call: number}); None where the call is not there.
_TABLES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50, "socketpair": 53, "clone": 56, "fork": 57,
            "vfork": 58, "execve": 59, "kill": 62, "mkdir": 83, "link": 86, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92,
            "ptrace": 101, "mknod": 133, "prctl": 157, "setrlimit": 160, "mount": 165, "tkill": 200, "tgkill": 234, "keyctl": 250,
            "mkdirat": 258, "mknodat": 259, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "unshare": 272, "utimensat": 280,
            "perf_event_open": 298, "prlimit64": 302, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
            "memfd_create": 319, "bpf": 321, "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424,
            "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
            "sendmmsg": 307, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "setsid": 112, "setpgid": 109,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "connect": 203, "sendto": 206, "sendmsg": 211, "bind": 200, "listen": 201, "socketpair": 199, "clone": 220,
            "execve": 221, "kill": 129, "ptrace": 117, "prctl": 167, "setrlimit": 164, "mount": 40, "tkill": 130, "tgkill": 131,
            "keyctl": 219, "mkdirat": 34, "mknodat": 33, "linkat": 37, "symlinkat": 36, "fchmod": 52, "fchmodat": 53, "unshare": 97,
            "utimensat": 88, "perf_event_open": 241, "prlimit64": 261, "setns": 268, "process_vm_readv": 270,
            "process_vm_writev": 271, "memfd_create": 279, "bpf": 280, "execveat": 281, "userfaultfd": 282,
            "pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
            "sendmmsg": 269, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "setsid": 157, "setpgid": 154,
        },
    ),
}  # fmt: skip

_OWN_PROCESS_ONLY = ("kill", "tgkill", "prlimit64", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
_MAY_LIMIT_ITSELF = "prlimit64"
CLONE_THREAD = 0x10000

# struct landlock_ruleset_attr / path_beneath_attr of ABI 1 (Linux 5.13); bits beyond
# the running ABI are left out, or the kernel would refuse the ruleset.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ = 0b1101  # execute, read file, read directory: bits 0, 2 and 3
_IN_WORK_DIR = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 8) | (1 << 14)


def limit(cpu: float, memory: int, output: int) -> None:
    """Resource limits: CPU seconds, bytes of memory, bytes of any one file."""
    seconds = max(1, int(cpu + 0.999))
    for kind, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def landlock(readable: list[str], work_dir: str) -> bool:
    """Allow reading below ``readable``, files in ``work_dir``, nothing else.

    Returns False where the kernel has no Landlock. Raises OSError if a ruleset
    was made but could not be enforced.
    """
    abi = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return False
    handled = (1 << _FS_BITS.get(abi, 16)) - 1
    attribute = struct.pack("Q", handled)
    ruleset = _libc.syscall(_LANDLOCK_CREATE, attribute, ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    for path, access in [(p, _READ) for p in readable] + [(work_dir, _IN_WORK_DIR)]:
        if not os.path.exists(path):
            continue
        if not os.path.isdir(path):
            access &= ~(1 << 3)  # "read directory" is refused for a file
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access & handled, fd)
        if _libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), f"landlock rule for {path}")
        os.close(fd)
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)
    return True


def seccomp() -> bool:
    """Refuse processes, sockets, signals to others and the kernel's dangerous calls.

    Returns False on a processor whose call numbers are not known here.
    """
    table = _TABLES.get(platform.machine())
    if table is None:
        return False
    architecture, numbers = table
    pid = os.getpid()
    code = [
        _statement(0x20, 4),  # load the architecture
        _jump(0x15, architecture, 1, 0),
        _statement(0x06, 0x80000000),  # another one: kill the process
        _statement(0x20, 0),  # load the call's number
    ]
    if platform.machine() == "x86_64":
        code += [_jump(0x35, 0x40000000, 0, 1), _statement(0x06, 0x80000000)]  # x32 calls
    refuse = 0x00050000 | errno.EPERM
    for name, number in numbers.items():
        if name in _OWN_PROCESS_ONLY:
            # argument 0 must be this process, or 0 where that means the same
            allowed = [pid, 0] if name == _MAY_LIMIT_ITSELF else [pid]
            body = [_statement(0x20, 16)]
            for i, value in enumerate(allowed):
                body.append(_jump(0x15, value, len(allowed) - i, 0))
            body += [_statement(0x06, refuse), _statement(0x06, 0x7FFF0000)]
        elif name == "clone":
            body = [_statement(0x20, 16), _jump(0x45, CLONE_THREAD, 1, 0)]
            body += [_statement(0x06, refuse), _statement(0x06, 0x7FFF0000)]
        elif name == "clone3":
            body = [_statement(0x06, 0x00050000 | errno.ENOSYS)]  # libc then falls back to clone
        elif name == "tkill":
            body = [_statement(0x20, 16), _jump(0x15, pid, 1, 0)]
            body += [_statement(0x06, refuse), _statement(0x06, 0x7FFF0000)]
        else:
            body = [_statement(0x06, refuse)]
        code += [_jump(0x15, number, 0, len(body)), *body]
    code.append(_statement(0x06, 0x7FFF0000))
    raw = ctypes.create_string_buffer(b"".join(code))
    program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(raw))
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0), "seccomp")
    return True


def hide_memory() -> None:
    """Close /proc/<pid>/mem and environ of this process to others of the same user."""
    _check(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "not dumpable")


def _check(status: int, what: str) -> None:
    if status != 0:
        raise OSError(ctypes.get_errno(), what)


def _statement(operation: int, value: int) -> bytes:
    return struct.pack("HBBI", operation, 0, 0, value & 0xFFFFFFFF)


def _jump(operation: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value & 0xFFFFFFFF)
