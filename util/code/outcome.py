"""The outcome of one test."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from util.code import compare, lenient
from util.code.problem import Limits, Run


@dataclass(frozen=True)
class Outcome:
    """kind: passed, wrong answer, runtime error, or time, memory, output limit, compile error."""

    kind: str
    detail: str = ""

    @property
    def passed(self) -> bool:
        return self.kind == "passed"

    @property
    def for_all_tests(self) -> bool:
        """Whether all tests of the solution have this outcome."""
        return self.kind == "compile error"


STACK = "runtime error: stack"
_SHOWN = 100
"""Frames that faulthandler shows of a program that crashed, at most."""


def broken(run: Run, limits: Limits, function: str | None) -> Outcome | None:
    """The outcome of a run of one test that did not end normally; None if it did."""
    stderr = _without_harness(run.stderr.decode("utf-8", "replace"))[-500:]
    tags = dict(reversed(run.records))
    if run.timed_out:
        return time_limit(run, limits)
    if run.out_of_disk:
        return Outcome("output limit", "too much written to files")
    if len(run.stdout) >= limits.output:
        return Outcome("output limit", f"over {limits.output} bytes")
    if run.status == 0:
        return None
    if b"C" in tags:
        return Outcome("compile error", tags[b"C"].decode("utf-8", "replace"))
    if b"F" in tags:
        return Outcome("runtime error", f"there is no function {function}")
    if b"T" in tags:
        return Outcome("wrong answer", tags[b"T"].decode("utf-8", "replace"))
    if b"S" in tags or (run.status == -signal.SIGSEGV and run.stderr.count(b"\n  File ") >= _SHOWN):
        return Outcome(
            STACK, f"the recursion is too deep for {limits.memory // 2**20} MiB of memory; {stderr}".strip("; ")
        )
    if "MemoryError" in stderr[-200:] or "Cannot allocate memory" in stderr[-200:]:
        return Outcome("memory limit", stderr)
    if run.cpu > limits.cpu:
        return time_limit(run, limits)
    if run.status < 0:
        name = signal.Signals(-run.status).name if -run.status in signal.valid_signals() else str(run.status)
        return Outcome("runtime error", f"killed by {name}; {stderr}".strip("; "))
    return Outcome("runtime error", stderr or f"exit status {run.status}")


def _without_harness(stderr: str) -> str:
    """The text without the harness's own frames, which faulthandler shows."""
    folder = os.sep + os.path.join("code", "inside", "")
    return "\n".join(line for line in stderr.split("\n") if folder not in line).strip()


def time_limit(run: Run, limits: Limits) -> Outcome:
    """The outcome of a run that took too long."""
    return Outcome("time limit", f"{run.cpu:.1f} s of CPU time (limit {limits.cpu:g}), {run.wall:.1f} s of wall time")


def compared(expected: bytes, actual: bytes, rules: compare.Rules, use_lenient: bool) -> Outcome:
    """The outcome of a stdin test that ended normally."""
    if use_lenient:
        texts = [data.decode("utf-8", "surrogateescape") for data in (expected, actual)]
        same = lenient.same_output(*texts)
    else:
        same = compare.same_output(expected, actual, rules)
    return Outcome("passed") if same else Outcome("wrong answer", compare.first_difference(expected, actual, rules))
