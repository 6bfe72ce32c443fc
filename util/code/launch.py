"""Start a zygote: as a process of its own, or as a fork of this run's template, which has imported everything.

A template costs one start of an interpreter; each zygote then costs a fork and its layers. ``Template.start`` leaves its
address in the environment, where the checker processes of the run find it. Without one, or if it has ended, a zygote is
started directly.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from util.system.descriptors import readable
from util.system.processes import private_folder, remove_tree

ADDRESS = "SKY_T1_SANDBOX_TEMPLATE"
"""Environment variable with the interpreter and the socket of the run's template, separated by a line end."""

TEMPLATE_SECONDS = 20.0
STACK = 2**36
"""Limit of the main thread's stack at the start of a zygote, which decides where the kernel places everything else. A
child's own limit is its memory."""

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from inside import {0}; del sys.path[0]; {0}.main()"


@dataclass
class ZygoteProcess:
    """A running zygote, whoever is its parent."""

    pid: int
    child: subprocess.Popen[bytes] | None = None
    handle: int = -1
    """A pidfd, if it is not a child: its number cannot come to mean another process."""

    def end(self) -> None:
        """Kill it and wait until it has ended."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
        elif self.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            readable(self.handle, TEMPLATE_SECONDS)
            os.close(self.handle)
            self.handle = -1


def zygote(python: str, config: dict[str, Any]) -> tuple[ZygoteProcess, socket.socket]:
    """A new zygote and the control socket to it; its first message says how its start went."""
    for start in (_from_template, _directly):
        # A pair for each attempt: a template that fails late may still have forked a zygote, which must not share it.
        ours, theirs = socket.socketpair()
        with theirs:
            process = start(python, config, theirs)
        if process is not None:
            break
        ours.close()
    assert process is not None
    return process, ours


def _directly(python: str, config: dict[str, Any], theirs: socket.socket) -> ZygoteProcess:
    own = {} if config["work_dir"] == "/" else {"TMPDIR": config["work_dir"]}
    child = _started(python, "zygote", [str(theirs.fileno()), json.dumps(config)], [theirs.fileno()], own)
    return ZygoteProcess(child.pid, child)


def _from_template(python: str, config: dict[str, Any], theirs: socket.socket) -> ZygoteProcess | None:
    of, _, path = os.environ.get(ADDRESS, "").partition("\n")
    if of != python:
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(TEMPLATE_SECONDS)
            connection.connect(path)
            socket.send_fds(connection, [json.dumps(config).encode()], [theirs.fileno()])
            pid = int(connection.recv(64))
        return ZygoteProcess(pid, handle=os.pidfd_open(pid))
    except (OSError, ValueError):
        return None  # it has ended: start one directly


def _started(
    python: str, module: str, arguments: list[str], descriptors: list[int], own: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [python, *_flags(python), "-c", _START.format(module), str(Path(__file__).parent), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=descriptors,
        env=_ENVIRONMENT | own,
        start_new_session=True,
        preexec_fn=_raise_stack,
    )


@lru_cache
def _flags(python: str) -> tuple[str, ...]:
    """Isolation of the interpreter: no user packages, no current folder, no byte code written."""
    safe_path = (
        python == sys.executable or b"-P" in subprocess.run([python, "-h"], capture_output=True, check=True).stdout
    )
    return ("-s", "-B", "-P") if safe_path else ("-s", "-B")


def _raise_stack() -> None:
    """Raise the stack limit for deep recursion. It takes effect only if set before the interpreter starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (STACK if hard < 0 else min(STACK, hard), hard))


class Template:
    """The template of this run. It ends with this process."""

    _running: Template | None = None

    def __init__(self, python: str) -> None:
        self._folder = private_folder("template")
        path = os.path.join(self._folder, "socket")
        owner, self._owned = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(path)
            os.chmod(path, 0o600)
            listener.listen(64)
            self._process = _started(
                python, "template", [str(listener.fileno()), str(owner)], [listener.fileno(), owner], {}
            )
        os.close(owner)
        os.environ[ADDRESS] = f"{python}\n{path}"

    @classmethod
    def start(cls, python: str) -> None:
        """Start this process's template, unless it runs already. Zygotes wait for it while it imports."""
        running = cls._running
        if running is not None and running._process.poll() is None and os.environ[ADDRESS].startswith(f"{python}\n"):
            return
        if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
            return
        cls.stop()
        atexit.unregister(cls.stop)
        atexit.register(cls.stop)
        cls._running = cls(python)

    @classmethod
    def stop(cls) -> None:
        """End the template and with it every zygote that it started."""
        if cls._running is None:
            return
        os.environ.pop(ADDRESS, None)
        running, cls._running = cls._running, None
        os.close(running._owned)
        running._process.wait()
        remove_tree(running._folder)
