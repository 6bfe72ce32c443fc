"""How deep a program may recurse."""

from __future__ import annotations

import ctypes
import sys

FRAME = 512 if sys.implementation.name == "cpython" else 8192
"""Bytes of memory per call that may recurse: fewer than a call with a few objects takes. (Ending millions of calls that
take less would last longer than the time limit.) PyPy allocates memory for the limit itself."""

_UNLIMITED = 2**30
_SEARCHED = 512


def deepen(memory: int) -> int:
    """Allow recursion as deep as so many bytes; return the limit for ``sys.setrecursionlimit``.

    CPython 3.12 and 3.13 count calls through C (functools.lru_cache, sorting keys) apart, against a fixed number: a few
    thousand. The count is a field of the thread's state, behind the recursion limit (struct _ts in cpython/pystate.h). Without
    it the stack's own limit ends a recursion, in the child alone.
    """
    limit = max(1000, memory // FRAME)
    sys.setrecursionlimit(limit)
    if sys.implementation.name != "cpython":
        _bound_requests(limit)
    if sys.implementation.name == "cpython" and (3, 12) <= sys.version_info[:2] <= (3, 13):
        state = ctypes.pythonapi.PyThreadState_Get
        state.restype = ctypes.c_void_p
        fields = (ctypes.c_int * (_SEARCHED // 4)).from_address(state())
        places = [index for index in range(1, len(fields) - 1) if fields[index] == limit]
        # Before it is what is left of it.
        if len(places) == 1 and 0 < limit - fields[places[0] - 1] < 1000 and 0 < fields[places[0] + 1] < 100_000:
            fields[places[0] + 1] = _UNLIMITED
    return limit


def _bound_requests(limit: int) -> None:
    """Have a program that asks for more get ``limit``: PyPy allocates memory for the whole number, or fails."""
    real = sys.setrecursionlimit

    def setrecursionlimit(wanted: int) -> None:
        real(min(wanted, limit))

    sys.setrecursionlimit = setrecursionlimit
