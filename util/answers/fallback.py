"""``math-verify`` in a separate process, for answers that the built-in parser cannot read.

sympy can take minutes or all memory for a short hostile string, so it runs in a persistent worker with a
memory limit, which is killed when it misses a deadline. The worker reads and writes one JSON line per
comparison. It is used only with ``--math-fallback`` and never overturns a rejection.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading

from util.system.credentials import public
from util.system.project import ROOT

DEADLINE = 2.0
"""Seconds of wall-clock time for one comparison."""

START_DEADLINE = 60.0
MEMORY_GIB = 3.0


class Fallback:
    """A handle on the worker, which starts at the first comparison."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def equal(self, gold: str, answer: str) -> bool | None:
        """Whether math-verify finds the two equal; None if it gave no verdict.

        There is no verdict if the deadline passed, memory ran out, or one of the texts was not parsed to its end.
        """
        with self._lock:
            process = self._started()
            try:
                return self._ask(process, gold, answer)
            except (OSError, ValueError):
                self.close()
                return None

    def close(self) -> None:
        """Kill the worker if it is running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def _ask(self, process: subprocess.Popen[bytes], gold: str, answer: str) -> bool | None:
        assert process.stdin is not None
        process.stdin.write(json.dumps([gold, answer]).encode() + b"\n")
        process.stdin.flush()
        verdict = self._answer(process, DEADLINE)
        if verdict not in (True, False, None):
            raise ValueError(f"unexpected verdict {verdict!r}")
        return verdict  # type: ignore[return-value]

    def _answer(self, process: subprocess.Popen[bytes], deadline: float) -> object:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], deadline)
        line = process.stdout.readline() if ready else b""
        if not line.endswith(b"\n"):
            raise ValueError("no answer within the deadline")
        return json.loads(line)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "util.answers.fallback", str(os.getpid())],
                cwd=ROOT,
                env=public(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            if self._answer(self._process, START_DEADLINE) != "ready":
                raise RuntimeError("the math-verify worker did not start")
        return self._process


_worker = Fallback()


def ask(gold: str, answer: str) -> bool | None:
    """``Fallback.equal`` with one worker per process."""
    return _worker.equal(gold, answer)


def _serve(parent: int) -> None:
    from util.system.processes import die_with_parent, limit_address_space

    die_with_parent(parent)
    limit_address_space(MEMORY_GIB)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output that a library prints must not be mistaken for a verdict
    from math_verify import parse, verify

    out.write(b'"ready"\n')
    for line in sys.stdin.buffer:
        gold, answer = json.loads(line)
        # Time limits by signal are off: the parent kills this process instead.
        sides = [parse(f"${side}$", parsing_timeout=None) for side in (gold, answer)]
        read = all(
            len(side) > 1 and _parsed_all(text, side[1]) for side, text in zip(sides, (gold, answer), strict=True)
        )
        verdict = bool(verify(sides[0], sides[1], timeout_seconds=None)) if read else None
        out.write(json.dumps(verdict).encode() + b"\n")


def _parsed_all(text: str, found: object) -> bool:
    """Whether math-verify parsed all of the text, not a part of it (``parse`` returns [object, text])."""
    plain = ["".join(str(side).split()).strip("$.") for side in (text, found)]
    return plain[0] == plain[1]


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
