"""The worker's client of its zygote: start it, send requests, restart it after a failure."""

from __future__ import annotations

import json
import marshal
import os
import platform
import resource
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.code.inside import bpf, watch, zygote
from util.code.inside.program import HEADER
from util.code.places import drop_uid, new_work_dir, readable
from util.code.probe import PROBE
from util.code.problem import Limits, Run, Wanted
from util.system.errors import UserError
from util.system.processes import remove_tree

MIB = 2**20
START_SECONDS = 30.0
START_ATTEMPTS = 3
GRACE_SECONDS = 5.0
"""Seconds that the worker waits for a reply beyond the zygote's own time limit."""

STACK = 512 * MIB
THREAD_STACKS = 600 * MIB
"""Address space added to the memory limit of programs that set a thread stack size."""

LEVELS = ("any", "strong", "full")
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from inside import zygote; del sys.path[0]; zygote.main()"


class BoxError(Exception):
    """The zygote ended or stopped answering; the program that it ran has no verdict."""


@dataclass
class Box:
    """One zygote. Not thread-safe."""

    wanted: Wanted = field(default_factory=Wanted)
    layers: dict[str, str] = field(default_factory=dict)
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _socket: socket.socket | None = None
    _work_dir: str | None = None
    _without_namespaces: str = ""

    @property
    def level(self) -> str:
        """The level that the active layers reach: full, strong or any."""
        on = {name for name, state in self.layers.items() if state == "on"}
        if "seccomp" not in on or not on & {"landlock", "namespaces"}:
            return "any"
        return "full" if {"namespaces", "landlock", "uid"} <= on else "strong"

    def run(
        self, op: str, code: str | bytes, tests: list[Any], limits: Limits, function: str | None = None, cpu: float = 0
    ) -> Run:
        """Run ``code`` on ``tests`` in one child (op "run"), or compile it (op "compile").

        tests: bytes for standard input, or lists of positional arguments for ``function``.

        Raises:
            BoxError: the zygote ended; the next call starts a new one.
        """
        text = code if isinstance(code, str) else ""
        stacks = THREAD_STACKS if "stack_size" in text or isinstance(code, bytes) else 64 * MIB
        request = {
            "op": op,
            "code": code,
            "tests": tests,
            "function": function,
            "cpu": cpu or limits.cpu,
            "wall": limits.wall,
            "memory": limits.memory + stacks,
            "output": limits.output,
        }
        try:
            self._send(marshal.dumps(request))
            return self._reply(limits.wall * watch.PATIENCE + GRACE_SECONDS)
        except (OSError, EOFError) as error:
            self.close()
            raise BoxError(f"the sandbox process ended: {error or type(error).__name__}") from error

    def cpu_seconds(self) -> float:
        """CPU time that the zygote and its children have used."""
        self._send(marshal.dumps({"op": "usage"}))
        return float(json.loads(self._message(START_SECONDS))[0])

    def start(self) -> None:
        """Start a zygote if none is running.

        Raises:
            UserError: it cannot start, or it is weaker than the level in ``wanted``.
        """
        if self._socket is not None:
            return
        known = sys.platform == "linux" and bpf.supported()
        if not known and self.wanted.level != "any":
            raise UserError(
                f"There is no sandbox for {sys.platform} on {platform.machine()}: programs written by a model could read "
                "and change your files. Run the tool on Linux (x86-64 or aarch64), or in a Linux container or virtual "
                "machine; --sandbox any accepts the risk."
            )
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start_once(known)
                break
            except BoxError as error:  # its process was killed, or it cannot run a child
                self.close()
                if attempt == START_ATTEMPTS:
                    raise UserError(
                        f"The sandbox does not work here: {error}. Run python -m util.code --self-test."
                    ) from error
        if LEVELS.index(self.level) < LEVELS.index(self.wanted.level):
            self.close()
            raise UserError(too_weak(self.wanted.level, self.layers))

    def _start_once(self, known: bool) -> None:
        hello = self._try_start(namespaces=self.wanted.namespaces and known)
        if hello.get("ended"):
            raise BoxError(hello["error"])
        if "error" in hello and self.wanted.namespaces and known:
            self._without_namespaces = str(hello["error"])
            hello = self._try_start(namespaces=False)
        if "error" in hello:
            raise BoxError(hello["error"])
        self.layers = hello["layers"]
        self.starts += 1
        self._probe()

    def _probe(self) -> None:
        """Run in a child what each layer must block; a layer that does not block it is not counted."""
        run = self.run("run", PROBE, [b""], Limits())
        try:
            stopped: dict[str, bool] = json.loads(run.stdout)
        except ValueError:
            stopped = {}
        for name, state in self.layers.items():
            if state == "on" and not stopped.get(name):
                self.layers[name] = (
                    f"active, but it did not block the probe {run.stderr[-200:].decode(errors='replace')}"
                )

    def close(self) -> None:
        """Kill the zygote and all its children, and remove its files."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._work_dir is not None:
            remove_tree(self._work_dir)
            self._work_dir = None

    def _try_start(self, *, namespaces: bool) -> dict[str, Any]:
        self.close()
        if not namespaces:
            self._work_dir = new_work_dir()
        uid, without_uid = drop_uid(namespaces)
        if uid is not None and self._work_dir is not None:
            os.chown(self._work_dir, uid, uid)
        config = {
            "work_dir": self._work_dir or "/",
            "readable": readable(),
            "namespaces": namespaces,
            "without_namespaces": self._without_namespaces or "switched off",
            "landlock": self.wanted.landlock and bpf.supported(),
            "seccomp": self.wanted.seccomp,
            "uid": uid,
            "without_uid": without_uid,
        }
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-s",
                "-P",
                "-B",
                "-c",
                _START,
                str(Path(__file__).parent),
                str(theirs.fileno()),
                json.dumps(config),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env=_ENVIRONMENT | ({"TMPDIR": self._work_dir} if self._work_dir else {}),
            start_new_session=True,
            preexec_fn=_raise_stack,
        )
        theirs.close()
        self._socket = ours
        try:
            hello: dict[str, Any] = json.loads(self._message(START_SECONDS))
        except (OSError, EOFError) as error:
            hello = {"error": f"its process ended during the start ({error})", "ended": True}
        if "error" in hello:
            self.close()
        return hello

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            self.start()
        assert self._socket is not None
        self._socket.settimeout(START_SECONDS)
        self._socket.sendall(zygote.LENGTH.pack(len(data)) + data)

    def _message(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        (length,) = zygote.LENGTH.unpack(self._exactly(zygote.LENGTH.size, deadline))
        return self._exactly(length, deadline)

    def _reply(self, seconds: float) -> Run:
        deadline = time.monotonic() + seconds
        head = zygote.REPLY.unpack(self._exactly(zygote.REPLY.size, deadline))
        status, flags, cpu, wall, memory, *sizes = head
        stdout, stderr, report = (self._exactly(size, deadline) for size in sizes)
        if flags & watch.DIRTY:
            self.close()
        return Run(
            os.waitstatus_to_exitcode(status),
            bool(flags & watch.OUT_OF_TIME),
            bool(flags & watch.OUT_OF_DISK),
            stdout,
            stderr,
            records_in(report),
            cpu,
            wall,
            memory,
        )

    def _exactly(self, size: int, deadline: float) -> bytes:
        assert self._socket is not None
        data = bytearray()
        while len(data) < size:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self._socket.recv(min(size - len(data), MIB))
            if not part:
                raise EOFError("connection closed")
            data += part
        return bytes(data)


def records_in(data: bytes) -> list[tuple[bytes, bytes]]:
    """The records of a report, up to the first one that does not parse."""
    records, position = list[tuple[bytes, bytes]](), 0
    while position + HEADER.size <= len(data):
        tag, length = HEADER.unpack_from(data, position)
        position += HEADER.size
        if position + length > len(data):
            break
        records.append((tag, data[position : position + length]))
        position += length
    return records


def too_weak(level: str, layers: dict[str, str]) -> str:
    """The error message for a sandbox below the required level."""
    missing = "; ".join(f"{name}: {state}" for name, state in layers.items() if state != "on")
    return (
        f"The sandbox does not reach --sandbox {level} on this machine ({missing or 'layers missing'}). Programs written "
        "by a model could then read or change your files. Run the tool in a container or a virtual machine with "
        "Linux 5.13 or later, or accept the risk with --sandbox any."
    )


def _raise_stack() -> None:
    """Raise the stack limit for deep recursion. It takes effect only if set before the interpreter starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (STACK if hard < 0 else min(STACK, hard), hard))
