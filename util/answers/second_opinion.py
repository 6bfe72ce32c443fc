"""What math-verify says about an answer or a whole response, from a process that can be killed.

Unlike ``fallback``, it judges whatever math-verify finds, the part of a text that it could parse included: this is the
verdict that a user of math-verify gets.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass

from util.system.credentials import public
from util.system.project import ROOT

DEADLINE = 5.0
"""Seconds of wall-clock time for one comparison."""
START_DEADLINE = 60.0
MEMORY_GIB = 3.0
SHOWN = 200
"""Characters of what math-verify parsed that a reason shows."""


@dataclass(frozen=True)
class Opinion:
    """A verdict of math-verify. correct: None if there is none. reason: what it parsed, or why there is no verdict."""

    correct: bool | None
    reason: str


class SecondOpinion:
    """A handle on the worker, which starts at the first question and again after a crash. One thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, gold: str, text: str, *, whole: bool) -> Opinion:
        """Judge an answer, or with ``whole`` a response in which math-verify looks for the answer.

        Raises:
            RuntimeError: the worker does not start, for example because math-verify is not installed.
        """
        process = self._started()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps([gold, text, whole]).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, DEADLINE)
        except BrokenPipeError:
            line = b""
        if line is None:
            self.close()
            return Opinion(None, f"no verdict: over {DEADLINE:g} s")
        if not line.endswith(b"\n"):
            self.close()
            return Opinion(None, "no verdict: math-verify crashed")
        correct, reason = json.loads(line)
        return Opinion(correct, reason)

    def close(self) -> None:
        """Kill the worker if it is running."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
        """The next line; b"" after a crash, None if it did not come in time."""
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], deadline)
        return process.stdout.readline() if ready else None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "util.answers.second_opinion", str(os.getpid())],
                cwd=ROOT,
                env=public(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            if self._line(self._process, START_DEADLINE) != b"ready\n":
                self.close()
                raise RuntimeError("the math-verify worker did not start")
        return self._process


def _serve(parent: int) -> None:
    from util.system.processes import die_with_parent, limit_address_space

    die_with_parent(parent)
    limit_address_space(MEMORY_GIB)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output that a library prints must not be mistaken for a verdict
    import math_verify  # before "ready", so that a missing package is noticed there

    assert math_verify.parse
    out.write(b"ready\n")
    for line in sys.stdin.buffer:
        try:
            verdict = _judged(*json.loads(line))
        except Exception as error:  # math-verify's own fault is an answer, not the end of the audit
            verdict = (None, f"no verdict: {type(error).__name__}: {error}"[:SHOWN])
        out.write(json.dumps(verdict).encode() + b"\n")


def _judged(gold: str, text: str, whole: bool) -> tuple[bool | None, str]:
    """Time limits by signal are off: the parent kills this process instead."""
    from math_verify import parse, verify

    expected = parse(f"${gold}$", parsing_timeout=None)
    found = parse(text if whole else f"${text}$", parsing_timeout=None)
    if not expected:
        return None, "no verdict: cannot parse the gold answer"
    if not found:
        return False, "no answer parsed"
    same = bool(verify(expected, found, timeout_seconds=None))
    return same, f"{_shown(expected)} {'equals' if same else 'differs from'} {_shown(found)}"


def _shown(parsed: list[object]) -> str:
    text = str(parsed[-1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
