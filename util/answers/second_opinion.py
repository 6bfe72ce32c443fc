"""What math-verify says about an answer or a whole response, from a process that is killed when it does not answer.

sympy can take minutes or all memory for a short hostile string, so the process has a memory limit and each answer a
deadline. An audit gets the verdict that a user of math-verify gets: it judges whatever math-verify finds, the part of a
text that it could parse included. ``--math-fallback`` takes only what was parsed to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from util.system.credentials import public
from util.system.descriptors import readable
from util.system.project import ROOT

START_DEADLINE, DEADLINE, FALLBACK_DEADLINE = 60.0, 5.0, 2.0
"""Seconds of wall-clock time until math-verify is imported, for one comparison, and for one of ``equal``."""
MEMORY_GIB = 3.0
SHOWN = 200
"""Characters of what math-verify parsed that a reason shows."""
_READY = b'"ready"\n'


@dataclass(frozen=True)
class Opinion:
    """A verdict of math-verify. correct: None if there is none. reason: what it parsed, or why there is no verdict.

    complete: whether both texts were parsed to their ends.
    """

    correct: bool | None
    reason: str
    complete: bool = field(default=False, compare=False)


class SecondOpinion:
    """A handle on the process, which starts at the first question and again after it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, gold: str, text: str, *, whole: bool, deadline: float = DEADLINE) -> Opinion:
        """Judge an answer, or with ``whole`` a response in which math-verify looks for the answer.

        Raises:
            RuntimeError: the process does not start, for example because math-verify is not installed.
        """
        with self._lock:
            process = self._started()
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps([gold, text, whole]).encode() + b"\n")
                process.stdin.flush()
                return Opinion(*json.loads(self._line(process, deadline)))
            except TimeoutError:
                self.close()
                return Opinion(None, f"no verdict: over {deadline:g} s")
            except (OSError, ValueError, TypeError):
                self.close()
                return Opinion(None, "no verdict: math-verify crashed")

    def equal(self, gold: str, answer: str) -> bool | None:
        """Whether math-verify finds two answers equal; None if it gave no verdict or did not parse both to their ends."""
        found = self.ask(gold, answer, whole=False, deadline=FALLBACK_DEADLINE)
        return found.correct if found.complete else None

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
        if not readable(process.stdout.fileno(), deadline):
            raise TimeoutError
        return process.stdout.readline()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "util.answers.second_opinion", str(os.getpid())], cwd=ROOT, env=public(os.environ),
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


FALLBACK = SecondOpinion()
"""One process for all answers that the built-in parser cannot read."""


def _serve(parent: int) -> None:
    """Answer each line of standard input until the input ends. parent: process id; this process ends with it."""
    from util.system.processes import die_with_parent, limit_address_space

    die_with_parent(parent)
    limit_address_space(MEMORY_GIB)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output that a library prints must not be mistaken for a verdict
    import math_verify  # before "ready", so that a missing package is noticed there

    assert math_verify.parse
    out.write(_READY)
    for line in sys.stdin.buffer:
        try:
            found: tuple[Any, ...] = _judged(*json.loads(line))
        except Exception as error:  # math-verify's own fault is an answer, not the end of the audit
            found = None, f"no verdict: {type(error).__name__}: {error}"[:SHOWN]
        out.write(json.dumps(found).encode() + b"\n")


def _judged(gold: str, text: str, whole: bool) -> tuple[bool | None, str, bool]:
    """The fields of an opinion. Time limits by signal are off: the parent kills this process instead."""
    from math_verify import parse, verify

    expected = parse(f"${gold}$", parsing_timeout=None)
    found = parse(text if whole else f"${text}$", parsing_timeout=None)
    if not expected:
        return None, "no verdict: cannot parse the gold answer", False
    if not found:
        return False, "no answer parsed", False
    same = bool(verify(expected, found, timeout_seconds=None))
    complete = all(len(side) > 1 and _bare(side[1]) == _bare(read) for side, read in ((expected, gold), (found, text)))
    return same, f"{_shown(expected)} {'equals' if same else 'differs from'} {_shown(found)}", complete


def _bare(text: object) -> str:
    return "".join(str(text).split()).strip("$.")


def _shown(parsed: list[object]) -> str:
    text = str(parsed[-1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit(
            "This is the process of --math-fallback, which starts it itself. To compare answers: python -m util.answers"
        )
    _serve(int(sys.argv[1]))
