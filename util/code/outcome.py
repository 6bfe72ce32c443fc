"""The outcome of one test."""

from __future__ import annotations

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


def broken(run: Run, limits: Limits, function: str | None) -> Outcome | None:
    """The outcome of a run of one test that did not end normally; None if it did."""
    stderr = run.stderr.decode("utf-8", "replace").strip()[-500:]
    tags = dict(reversed(run.records))
    used = f"{run.cpu:.1f} s of CPU time, {run.wall:.1f} s of wall time"
    if run.timed_out or run.cpu > limits.cpu:
        return Outcome("time limit", used)
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
    if "MemoryError" in stderr[-200:] or "Cannot allocate memory" in stderr[-200:]:
        return Outcome("memory limit", stderr)
    if run.status == -signal.SIGXCPU or (run.status == -signal.SIGKILL and run.cpu > 0.9 * limits.cpu):
        return Outcome("time limit", used)
    if run.status < 0:
        name = signal.Signals(-run.status).name if -run.status in signal.valid_signals() else str(run.status)
        return Outcome("runtime error", f"killed by {name}; {stderr}".strip("; "))
    return Outcome("runtime error", stderr or f"exit status {run.status}")


def compared(expected: bytes, actual: bytes, rules: compare.Rules, use_lenient: bool) -> Outcome:
    """The outcome of a stdin test that ended normally."""
    if use_lenient:
        texts = [data.decode("utf-8", "surrogateescape") for data in (expected, actual)]
        same = lenient.same_output(*texts)
    else:
        same = compare.same_output(expected, actual, rules)
    return Outcome("passed") if same else Outcome("wrong answer", compare.first_difference(expected, actual, rules))
