"""Makes Python on Linux look like Python on macOS: on PYTHONPATH, in every process of a command.

It hides what macOS has not (/proc, /sys, functions of ``os``), and also ``fcntl``, which other systems have not. Real
differences of the kernel it cannot show.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
import sysconfig
import types
from typing import Any

_MISSING = (
    "sched_getaffinity", "sched_setaffinity", "fdatasync", "pidfd_open", "memfd_create", "posix_fadvise", "posix_fallocate",
    "eventfd", "splice", "getrandom", "copy_file_range",
)  # fmt: skip


def _hidden(path: Any) -> bool:
    if isinstance(path, int):
        return False
    try:
        return os.fsdecode(path).startswith(("/proc", "/sys/"))
    except TypeError:
        return False


def _hide(module: Any, name: str) -> None:
    real = getattr(module, name)

    def call(path: Any = ".", *arguments: Any, **named: Any) -> Any:
        if _hidden(path):
            raise FileNotFoundError(2, "No such file or directory", path)
        return real(path, *arguments, **named)

    setattr(module, name, call)


sysconfig.get_config_vars()  # it reads a file that is named after the platform
sys.platform = "darwin"
sys.modules["fcntl"] = None  # type: ignore[assignment]
# urllib asks it for the system's proxies.
sys.modules["_scproxy"] = types.SimpleNamespace(_get_proxy_settings=dict, _get_proxies=dict)  # type: ignore[assignment]
for _name in _MISSING:
    if hasattr(os, _name):
        delattr(os, _name)
for _name in ("open", "stat", "lstat", "listdir", "scandir", "readlink"):
    _hide(os, _name)
_hide(io, "open")
builtins.open = io.open
