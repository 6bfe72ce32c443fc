"""The layers of the sandbox that need no namespace: Landlock, seccomp, limits, capabilities.

Linux system calls through ctypes, without root. The zygote loads this file, so it
imports only the modules beside it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys

from . import bpf
from .syscalls import NUMBERS

libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47
SECCOMP_MODE_FILTER, PR_CAP_AMBIENT_CLEAR_ALL, SIGKILL = 2, 4, 9
LAST_CAPABILITY = 63
O_PATH = getattr(os, "O_PATH", 0o10000000)  # PyPy lacks the name
MIB = 2**20

# Number of access rights in struct landlock_ruleset_attr by ABI version. The kernel rejects
# a ruleset with bits that its ABI does not define.
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ = 0b1101  # execute, read file, read directory: bits 0, 2 and 3
_IN_WORK_DIR = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 8) | (1 << 14)
_TCP, _SCOPED = 0b11, 0b11  # bind and connect (ABI 4); abstract sockets and signals (ABI 6)


def check(result: int, what: str) -> int:
    """Return the ``result`` of a C call.

    Raises:
        OSError: the result is negative; with the call's errno.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def die_with_parent() -> None:
    """Have the kernel send SIGKILL when the parent ends. Call it again after a change of uid, which resets it."""
    check(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")


def hide_memory() -> None:
    """Deny other processes of the same user ptrace and /proc/PID/{mem,environ,fd} of this process."""
    check(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE")


def no_new_privileges() -> None:
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")


def drop_to(uid: int | None) -> None:
    """Drop all capabilities; with ``uid``, also switch to that user, without supplementary groups."""
    for capability in range(LAST_CAPABILITY + 1):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # unknown to this kernel, or not held
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if "capset" not in NUMBERS:  # unknown architecture: only with --sandbox any
        return
    header = struct.pack("=Ii", 0x20080522, 0)  # version 3, this process
    check(libc.syscall(NUMBERS["capset"], header, struct.pack("=6I", *[0] * 6)), "capset")


def small_thread_stacks() -> None:
    """Set the default thread stack to 8 MiB: glibc would use the main stack's limit."""
    if not hasattr(libc, "pthread_setattr_default_np"):
        return  # musl: its default is small
    attributes = ctypes.create_string_buffer(128)
    libc.pthread_attr_init(attributes)
    libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(8 * MIB))
    libc.pthread_setattr_default_np(attributes)


def limit(cpu: float, memory: int, stack: int, output: int, processes: int | None) -> None:
    """Set limits: CPU seconds, bytes of address space and of the main thread's stack, bytes per file, threads of the uid.

    The zygote ends a child by the CPU time that it measures. This limit stands well above, for a zygote that gets no
    processor itself: the kernel counts it in ticks, which on a busy machine run ahead of the time used.
    """
    seconds = max(1, int(2 * cpu + 0.999)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (stack if hard < 0 else min(stack, hard), hard))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except ValueError:
        if sys.platform == "linux":  # macOS has no such limit
            raise
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    if processes is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))


def limit_for_good() -> None:
    """Set the limits that are the same for every child."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if hasattr(resource, "RLIMIT_MEMLOCK"):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (0, 0))


def landlock(readable: list[str], work_dir: str) -> None:
    """Allow reading below ``readable`` and files in ``work_dir``; deny all other paths, and TCP.

    Raises:
        OSError: the kernel does not support Landlock, or rejected a rule.
    """
    version = libc.syscall(NUMBERS["landlock_create_ruleset"], None, ctypes.c_size_t(0), 1)
    abi = check(version, "Landlock")
    handled = (1 << _FS_BITS.get(abi, 16)) - 1
    attribute = struct.pack("Q", handled)
    attribute += struct.pack("Q", _TCP) if abi >= 4 else b""
    attribute += struct.pack("Q", _SCOPED) if abi >= 6 else b""
    ruleset = check(
        libc.syscall(NUMBERS["landlock_create_ruleset"], attribute, ctypes.c_size_t(len(attribute)), 0),
        "landlock_create_ruleset",
    )
    for path, access in [(p, _READ) for p in readable] + [(work_dir, _IN_WORK_DIR)]:
        if not os.path.exists(path):
            continue
        if not os.path.isdir(path):
            access &= ~(1 << 3)  # the kernel rejects "read directory" for a file
        fd = os.open(path, O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access & handled, fd)
        check(libc.syscall(NUMBERS["landlock_add_rule"], ruleset, 1, rule, 0), f"landlock rule for {path}")
        os.close(fd)
    check(libc.syscall(NUMBERS["landlock_restrict_self"], ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def seccomp(program: bytes) -> None:
    """Install a filter (see ``bpf``) for this process and its children; it cannot be removed."""
    raw = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // bpf.SIZE, ctypes.addressof(raw))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0), "seccomp")
