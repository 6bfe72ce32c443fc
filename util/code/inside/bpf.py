"""The two seccomp filters, as classic BPF.

The zygote installs the long one once and its children inherit it: an allowlist,
EPERM for everything else. Each child adds the short one, which removes what only
the zygote needs; it is small because it is loaded for every child. The zygote
loads this file, so it imports only the call numbers from the project.
"""

from __future__ import annotations

import errno
import struct

from .syscalls import ALLOWED, ARCHITECTURES, MACHINE, NUMBERS

SIZE = 8
"""Bytes of one instruction."""

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE = _ERRNO | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

CLONE_THREAD = 0x10000
_CLONE_NEW = 0x7E020000  # every CLONE_NEW* bit
_X32 = 0x40000000
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIO(N)CLEX
# Duplicate, flags, locks, read seals. Not F_SETOWN and F_SETSIG, which send signals to other processes.
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1034)
_PRCTLS = (15, 16)  # the thread's name
_AF_UNIX = 1
_ONLY_ZYGOTE = ("fork", "vfork", "memfd_create", "setsid", "pidfd_open", "setrlimit", "sendmsg", "seccomp")


def supported() -> bool:
    """Whether the call numbers of this machine are known."""
    return MACHINE in ARCHITECTURES


def base_filter() -> bytes:
    """The allowlist for the zygote and its children."""
    code = [_step(_LOAD, _ARCHITECTURE), _jump(_EQUAL, ARCHITECTURES[MACHINE], 1, 0), _step(_RETURN, _KILL)]
    code.append(_step(_LOAD, _NUMBER))
    if MACHINE == "x86_64":
        code += [_jump(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _KILL)]
    checked = {
        "ioctl": _argument_in(1, _IOCTLS),
        "fcntl": _argument_in(1, _FCNTLS),
        "socketpair": _argument_in(0, (_AF_UNIX,)),
        "sendto": _no_address(),
        "clone": [_step(_LOAD, _argument(0)), _jump(_ANY_BIT, _CLONE_NEW, 0, 1), _step(_RETURN, _REFUSE), *_allow()],
        # libc then falls back to clone, whose flags can be seen.
        "clone3": [_step(_RETURN, _ERRNO | errno.ENOSYS)],
    }
    for name, body in checked.items():
        code += [_jump(_EQUAL, NUMBERS[name], 0, len(body)), *body]
    unchecked = [*ALLOWED.values()]
    unchecked += [NUMBERS[name] for name in (*_ONLY_ZYGOTE, "kill", "tgkill", "prlimit64", "prctl") if name in NUMBERS]
    for number in unchecked:
        code += [_jump(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    code.append(_step(_RETURN, _REFUSE))
    return b"".join(code)


def child_filter(pid: int) -> bytes:
    """The calls that the zygote may use but a child may not. pid: the child's, in its own PID namespace."""
    code = [_step(_LOAD, _NUMBER)]
    checked = {
        "kill": _argument_in(0, (pid,)),
        "tgkill": _argument_in(0, (pid,)),
        "prlimit64": _argument_in(0, (0, pid)),
        "prctl": _argument_in(0, _PRCTLS),
        "clone": [_step(_LOAD, _argument(0)), _jump(_ANY_BIT, CLONE_THREAD, 1, 0), _step(_RETURN, _REFUSE), *_allow()],
    }
    for name, body in checked.items():
        code += [_jump(_EQUAL, NUMBERS[name], 0, len(body)), *body]
    only = [NUMBERS[name] for name in _ONLY_ZYGOTE if name in NUMBERS]
    for index, number in enumerate(only):
        code.append(_jump(_EQUAL, number, len(only) - index, 0))
    code += [*_allow(), _step(_RETURN, _REFUSE)]
    return b"".join(code)


def _argument(index: int, high: bool = False) -> int:
    return 16 + 8 * index + (4 if high else 0)  # little-endian


def _argument_in(index: int, values: tuple[int, ...]) -> list[bytes]:
    code = [_step(_LOAD, _argument(index))]
    code += [_jump(_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [*code, _step(_RETURN, _REFUSE), *_allow()]


def _no_address() -> list[bytes]:
    """Allow sending only on connected sockets: argument 4, the address pointer, must be null."""
    return [
        _step(_LOAD, _argument(4)),
        _jump(_EQUAL, 0, 0, 2),
        _step(_LOAD, _argument(4, high=True)),
        _jump(_EQUAL, 0, 1, 0),
        _step(_RETURN, _REFUSE),
        *_allow(),
    ]


def _allow() -> list[bytes]:
    return [_step(_RETURN, _ALLOW)]


def _step(operation: int, value: int) -> bytes:
    return struct.pack("HBBI", operation, 0, 0, value)


def _jump(operation: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", operation, if_true, if_false, value)
