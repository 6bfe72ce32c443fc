"""The outcome of one test."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from typing import Any

from util.code import call_values, compare, lenient
from util.code.allowance import SMALL, Allowance, allowance_for
from util.code.compare_values import ValueRules, same_value
from util.code.problem import Limits, Run, Tests


@dataclass(frozen=True)
class Outcome:
    """kind: passed, wrong answer, runtime error, or time, memory, output, judge limit, compile error.

    seen: the outputs, as evidence (see ``util.code.failing_test``). lines: of the program, that its traceback names.
    """

    kind: str
    detail: str = ""
    seen: dict[str, Any] = field(default_factory=dict, compare=False)
    lines: tuple[int, ...] = field(default=(), compare=False)

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


@dataclass(frozen=True)
class ResultComparison:
    """How the results of one solution are compared with the expected outputs.

    outputs: bytes for programs that read stdin, else values.
    """

    tests: Tests
    outputs: list[Any]
    lenient: bool
    rules: compare.Rules
    values: ValueRules
    allowance: Allowance

    def outcome(self, index: int, data: bytes) -> Outcome:
        """The outcome of test ``index``, which ended normally. data: its output, or its encoded result."""
        expected = self.outputs[index]
        if self.tests.function is None and data == expected:
            return Outcome("passed")
        if self._too_long(expected, data):
            return Outcome("wrong answer", f"{len(data)} bytes, far more than the expected output has")
        if self.allowance.refuses(len(data)):
            return Outcome("judge limit", f"comparing took {self.allowance.used:.1f} s; left: {len(data)} bytes")
        if len(data) <= SMALL:
            self.allowance.estimated(len(data))
            return self._by_kind(expected, data)
        with self.allowance.measured():
            return self._by_kind(expected, data)

    def _by_kind(self, expected: Any, data: bytes) -> Outcome:
        return self._printed(expected, data) if self.tests.function is None else self._returned(expected, data)

    def _too_long(self, expected: Any, data: bytes) -> bool:
        if self.tests.function is not None:
            return not call_values.within(data, expected)
        return not self.lenient and compare.far_longer(expected, data)  # the rules of APPS ignore repetition

    def _printed(self, expected: bytes, data: bytes) -> Outcome:
        if self.lenient and lenient.same_output(
            *(text.decode("utf-8", "surrogateescape") for text in (expected, data))
        ):
            return Outcome("passed")
        detail = compare.difference(expected, data, self.rules)
        # The strict rules accept a little that the rules of APPS reject, such as other decimals.
        detail = "rejected by the rules of APPS" if detail is None and self.lenient else detail
        return Outcome("passed") if detail is None else Outcome("wrong answer", detail)

    def _returned(self, expected: Any, data: bytes) -> Outcome:
        try:
            value = call_values.loads(data)
        except ValueError as error:
            return Outcome("wrong answer", str(error)[:200])
        if lenient.same_value(expected, value) if self.lenient else same_value(expected, value, self.values):
            return Outcome("passed")
        return Outcome("wrong answer", f"expected {call_values.shown(expected)}, got {call_values.shown(value)}")


def comparison_for(tests: Tests, outputs: list[Any], *, use_lenient: bool = False) -> ResultComparison:
    """The comparison of one solution's results. outputs: of ``tests``, as bytes if it has no function."""
    if tests.function is None:
        rules = compare.rules_for(outputs, ignore_case=tests.ignore_case, tolerance=tests.tolerance)
        size = sum(map(len, outputs))
    else:
        rules, size = compare.Rules(), sum(map(call_values.size_of, outputs))
    tolerance = compare.TOLERANCE if tests.tolerance is None else tests.tolerance
    wrapped = tests.wrapped and all(isinstance(output, list) and len(output) == 1 for output in outputs)
    values = ValueRules(tolerance, wrapped, tests.booleans)
    return ResultComparison(tests, outputs, use_lenient, rules, values, allowance_for(size))
