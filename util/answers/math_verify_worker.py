"""A process with math-verify that answers line by line, and is killed when it does not.

sympy can take minutes or all memory for a short hostile string, so the process has a memory limit and each answer a deadline.
It runs one of the modules of this package (``serve``), whose function judges a line.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from util.system.credentials import public
from util.system.project import ROOT

START_DEADLINE = 60.0
"""Seconds of wall-clock time until math-verify is imported."""
MEMORY_GIB = 3.0
_READY = b'"ready"\n'


class MathVerifyWorker:
    """A handle on the process, which starts at the first question and again after it was killed. One thread at a time."""

    def __init__(self, module: str) -> None:
        """module: its name, as for ``python -m``; it calls ``serve``."""
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: list[Any], deadline: float) -> Any:
        """What the module's function gives for a question. Otherwise the process is killed.

        deadline: seconds of wall-clock time.

        Raises:
            TimeoutError: the deadline passed.
            ConnectionError: the process died, or wrote something else.
            RuntimeError: it does not start, for example because math-verify is not installed.
        """
        process = self._started()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, deadline)
            if not line.endswith(b"\n"):
                raise ConnectionError("math-verify crashed")
            return json.loads(line)
        except (OSError, ValueError) as error:
            self.close()
            if isinstance(error, (TimeoutError, ConnectionError)):
                raise
            raise ConnectionError(str(error)) from error

    def close(self) -> None:
        """Kill the process if it is running."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        """The next line; b"" after a crash. Raises: TimeoutError."""
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], deadline)
        if not ready:
            raise TimeoutError(f"over {deadline:g} s")
        return process.stdout.readline()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, str(os.getpid())], cwd=ROOT, env=public(os.environ),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            )  # fmt: skip
            try:
                ready = self._line(self._process, START_DEADLINE) == _READY
            except TimeoutError:
                ready = False
            if not ready:
                self.close()
                raise RuntimeError("the math-verify worker did not start")
        return self._process


def serve(parent: int, judged: Callable[..., Any]) -> None:
    """Answer each line of standard input with what ``judged`` gives for its items, until the input ends.

    parent: process id; this process ends with it.
    """
    from util.system.processes import die_with_parent, limit_address_space

    die_with_parent(parent)
    limit_address_space(MEMORY_GIB)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output that a library prints must not be mistaken for a verdict
    import math_verify  # before "ready", so that a missing package is noticed there

    assert math_verify.parse
    out.write(_READY)
    for line in sys.stdin.buffer:
        out.write(json.dumps(judged(*json.loads(line))).encode() + b"\n")
