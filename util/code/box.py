"""The worker's client of its zygote: start it, send requests, restart it after a failure."""

from __future__ import annotations

import json
import marshal
import os
import platform
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from util.code.child_progress import ChildProgress
from util.code.inside import bpf, watch, wire
from util.code.launch import ZygoteProcess, zygote
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

THREAD_STACKS = 600 * MIB
"""Address space added to the memory limit of programs that set a thread stack size."""

NEAR = 1.5
"""A program is ended at this many times its limit on CPU time; between the two it is a near miss."""

PROBE_SECONDS = (10.0, 30.0, 60.0)
"""Limits of the attempts at a probe: on a busy machine the first may get no processor."""

LEVELS = ("any", "strong", "full")


class BoxError(Exception):
    """The zygote ended or stopped answering; the program that it ran has no verdict."""


@dataclass
class Box:
    """One zygote. Not thread-safe."""

    wanted: Wanted = field(default_factory=Wanted)
    layers: dict[str, str] = field(default_factory=dict)
    starts: int = 0
    version: str = ""
    """Name and version of its interpreter."""
    _process: ZygoteProcess | None = None
    _socket: socket.socket | None = None
    _work_dir: str | None = None
    _without_namespaces: str = ""
    _runs: int = 0

    @property
    def level(self) -> str:
        """The level that the active layers reach: full, strong or any."""
        on = {name for name, state in self.layers.items() if state == "on"}
        if "seccomp" not in on or not on & {"landlock", "namespaces"}:
            return "any"
        return "full" if {"namespaces", "landlock", "uid"} <= on else "strong"

    def run(
        self,
        op: str,
        code: str | bytes,
        tests: list[Any],
        limits: Limits,
        function: str | None = None,
        stop: Callable[[ChildProgress], bool] | None = None,
    ) -> Run:
        """Run ``code`` on ``tests`` in one child (op "run"), or compile it (op "compile").

        tests: bytes for standard input, or lists of positional arguments for ``function``.
        stop: looks at what a batch has reported so far, and says whether the child shall end. If it raises an exception,
        the zygote is ended, so that the rest of the reply is not taken for that of the next run.

        Raises:
            BoxError: the zygote ended; the next call starts a new one.
        """
        text = code if isinstance(code, str) else ""
        stacks = THREAD_STACKS if "stack_size" in text or isinstance(code, bytes) else 64 * MIB
        self._runs += 1
        asked = {
            "op": op,
            "run": self._runs,
            "code": code,
            "tests": tests,
            "function": function,
            "cpu": NEAR * limits.cpu,
            "wall": limits.wall,
            "memory": limits.memory + stacks,
            "stack": limits.memory,
            "output": limits.output,
        }
        try:
            self._send(marshal.dumps(asked, wire.MARSHAL_VERSION))
            end = marshal.dumps({"stop": asked["run"]}, wire.MARSHAL_VERSION)
            return self._reply(limits.wall * watch.PATIENCE + GRACE_SECONDS, len(tests), stop, end)
        except (OSError, EOFError) as error:
            self.close()
            raise BoxError(f"the sandbox process ended: {error or type(error).__name__}") from error
        except BaseException:
            self.close()
            raise

    def cpu_seconds(self) -> float:
        """CPU time that the zygote and its children have used."""
        self._send(marshal.dumps({"op": "usage"}, wire.MARSHAL_VERSION))
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
        self.layers, self.version = hello["layers"], hello["version"]
        self.starts += 1
        self._probe()

    def _probe(self) -> None:
        """Run in a child what each layer must block; a layer that does not block it is not counted.

        Raises:
            BoxError: the probe did not finish, which says nothing about the layers.
        """
        for seconds in PROBE_SECONDS:
            run = self.run("run", PROBE, [b""], Limits(cpu=seconds, wall=seconds))
            if not run.timed_out:
                break
        else:
            raise BoxError(f"its first program did not finish in {PROBE_SECONDS[-1]:g} s: the machine is too busy")
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
            self._process.end()
            self._process = None
        if self._work_dir is not None:
            remove_tree(self._work_dir)
            self._work_dir = None

    def _try_start(self, *, namespaces: bool) -> dict[str, Any]:
        self.close()
        if not namespaces:
            self._work_dir = new_work_dir()
        uid, without_uid = drop_uid(namespaces, self.wanted.python)
        if uid is not None and self._work_dir is not None:
            os.chown(self._work_dir, uid, uid)
        config = {
            "work_dir": self._work_dir or "/",
            "readable": readable(self.wanted.python),
            "namespaces": namespaces,
            "without_namespaces": self._without_namespaces or "switched off",
            "landlock": self.wanted.landlock and bpf.supported(),
            "seccomp": self.wanted.seccomp,
            "uid": uid,
            "without_uid": without_uid,
        }
        self._process, self._socket = zygote(self.wanted.python or sys.executable, config)
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
        wire.send(self._socket, data)

    def _message(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        (length,) = wire.LENGTH.unpack(self._exactly(wire.LENGTH.size, deadline))
        return self._exactly(length, deadline)

    def _reply(self, seconds: float, tests: int, stop: Callable[[ChildProgress], bool] | None, end: bytes) -> Run:
        """Read replies until the last. seconds: the maximum wait for each. end: the message that ends the child."""
        progress, stopping = ChildProgress(tests), False
        while True:
            deadline = time.monotonic() + seconds
            more, status, flags, cpu, wall, memory, *sizes = wire.REPLY.unpack(self._exactly(wire.REPLY.size, deadline))
            stdout, stderr, report = (self._exactly(size, deadline) for size in sizes)
            progress.add(stdout, report, cpu)
            if not more:
                break
            if stop is not None and not stopping and stop(progress):
                stopping = True
                self._send(end)
        if flags & watch.DIRTY:
            self.close()
        return Run(os.waitstatus_to_exitcode(status), flags, progress, stderr, cpu, wall, memory)

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


def too_weak(level: str, layers: dict[str, str]) -> str:
    """The error message for a sandbox below the required level."""
    missing = "; ".join(f"{name}: {state}" for name, state in layers.items() if state != "on")
    return (
        f"The sandbox does not reach --sandbox {level} on this machine ({missing or 'layers missing'}). Programs written "
        "by a model could then read or change your files. Run the tool in a container or a virtual machine with "
        "Linux 5.13 or later, or accept the risk with --sandbox any."
    )
