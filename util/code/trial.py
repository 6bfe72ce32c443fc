"""The run of one solution: tests in batches, one child per batch. A test that fails in a batch runs again in its own child,
and that second result decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from util.code import checkers
from util.code.batches import BatchReading, BatchResult, patience
from util.code.box import Box, BoxError
from util.code.call_values import size_of
from util.code.child_progress import ChildProgress
from util.code.failing_test import failed_line, given, named_lines, outputs, solution_lines
from util.code.outcome import Outcome, broken, comparison_for, time_limit
from util.code.problem import Judging, Run, Tests
from util.code.signatures import typed_inputs
from util.records import NOT_JUDGEABLE, Verdict

FIRST_BATCH, GROWTH = 1024, 4
"""Tests of the first batch, and the factor of each later one. The child ends at the first wrong result, so that a batch
costs a wrong solution no more than the transfer of its inputs."""

BATCH_BYTES = 2**22
"""Maximum bytes of inputs of a batch, and of expected outputs of programs that print. (Of calls, by the first input.)"""

FITTING = 0.8
"""Size of the next batch, as a share of the tests that the last one ran within the time limit of one test."""

ATTEMPTS = 4
"""Maximum attempts at one run when the sandbox process keeps ending."""


@dataclass
class SolutionTrial:
    """The run of one solution on its tests."""

    code: str | bytes
    tests: Tests
    judging: Judging
    box: Box
    cpu: float = 0.0
    memory: int = 0
    start: float = field(default_factory=time.monotonic)
    idle: float = 0.0
    """Wall seconds beyond what a busy machine explains: the program slept."""
    near_misses: list[list[float]] = field(default_factory=list)
    """Test (from 1), CPU seconds of the first and the second run, where the first was over the limit and right."""

    def __post_init__(self) -> None:
        self.lines = solution_lines(self.code if isinstance(self.code, str) else "", self.tests)
        self.limits = self.judging.limits_for(self.tests)
        outputs: list[Any] = self.tests.outputs
        if self.tests.function is None:
            self.inputs: list[Any] = [_bytes(text).replace(b"\r\n", b"\n") for text in self.tests.inputs]
            self.outputs = [_bytes(text) for text in outputs]
        else:
            self.inputs, self.outputs = typed_inputs(self.tests), outputs
        self.comparison = comparison_for(self.tests, self.outputs, use_lenient=self.judging.lenient)

    def run_tests(self) -> list[tuple[int, Outcome]]:
        """Run the tests; return the failed ones (index, outcome): only the first, or all with ``all_tests``."""
        failures: list[tuple[int, Outcome]] = []
        position, size, count = 0, FIRST_BATCH, len(self.tests)
        batching = not self.judging.fresh
        while position < count:
            if self._over_total():
                return [*failures, (position, self._too_much())]
            planned = self._planned(position, size) if batching else 1
            batch = BatchResult(0)
            if planned > 1:
                batch = self._batch(position, planned)
                position += batch.right
                size = max(1, int(batch.right * FITTING)) if batch.slow else size * GROWTH
                if batch.right == planned or (batch.slow and batch.right):
                    continue
                batching = batch.right > 0  # after a batch without a passed test, no batches
            elif not batching:
                self._compile_once()
            outcome = batch.outcome or self._alone(position)
            if batch.guessed and outcome.passed:
                # Wrong in the batch, right alone: a program that detects batches would get two guesses
                # at each test. Discard the results of all batches and run every test alone.
                failures, position, batching = [], 0, False
                continue
            if not outcome.passed:
                failures.append((position, outcome))
                undecided = checkers.undecided(outcome)
                if outcome.for_all_tests or not (self.judging.all_tests or undecided):
                    return failures
                batching = batching and not undecided  # else each later batch would end at such a test
            position += 1
        return failures

    def _planned(self, position: int, size: int) -> int:
        """The number of tests of the next batch, at most ``size``."""
        most, room = min(size, len(self.tests) - position), BATCH_BYTES
        if self.tests.function is not None:
            return max(1, min(most, room // max(1, size_of(self.inputs[position]))))
        for number in range(most):
            room -= len(self.inputs[position + number]) + len(self.outputs[position + number])
            if room < 0:
                return max(1, number)
        return most

    def _over_total(self, cpu: float = 0.0, idle: float = 0.0) -> bool:
        """Whether the solution has used its limits for all tests together, with what a running child has used."""
        return self.cpu + cpu > self.limits.total or self.idle + idle > 2 * self.limits.total

    def _too_much(self) -> Outcome:
        detail = f"all tests together: over {self.limits.total:g} s of CPU time, or twice that of sleep"
        return Outcome("time limit", detail)

    def verdict(self, failures: list[tuple[int, Outcome]]) -> Verdict:
        count = len(self.tests)
        evidence: dict[str, Any] = {
            "tests": count,
            "cpu_seconds": round(self.cpu, 3),
            "wall_seconds": round(time.monotonic() - self.start, 3),
            "memory_mib": self.memory // 2**20,
            "cpu_limit": round(self.limits.cpu, 2),
            "sandbox": self.box.level,
        }
        if asked := self.tests.asked or self.tests.function:
            evidence["function"] = asked
        if self.judging.speed != 1:
            evidence["speed"] = self.judging.speed
        if self.near_misses:
            evidence["near_misses"] = self.near_misses
        if self.judging.wanted.python:
            evidence["python"] = self.box.version
        if not failures:
            return Verdict(True, f"passed all {count} tests", evidence)
        decided = [failure for failure in failures if not checkers.undecided(failure[1])]
        index, outcome = (decided or failures)[0]
        failure: dict[str, Any] = {"test": index + 1, "detail": outcome.detail}
        if not outcome.for_all_tests:
            failure |= {"input": given(self.tests, index)} | outcome.seen
        if (line := failed_line(outcome.lines, *self.lines)) is not None:
            failure["line"] = line
        evidence = failure | evidence
        if not decided:
            return Verdict(None, f"{NOT_JUDGEABLE}{checkers.UNDECIDED}", evidence | {"undecided": len(failures)})
        if self.judging.all_tests:
            evidence["failed"] = [[number + 1, failed.kind] for number, failed in failures]
        where = "" if outcome.for_all_tests else f" on test {index + 1} of {count}"
        return Verdict(False, f"{outcome.kind}{where}", evidence)

    def _batch(self, position: int, count: int) -> BatchResult:
        """Run ``count`` tests in one child, up to the first that is not right."""
        readings: list[BatchReading] = []

        def reader() -> Callable[[ChildProgress], bool]:
            readings.append(
                BatchReading(
                    count,
                    self.tests.function is not None,
                    lambda index, data: self._compared(position + index, data),
                    self.limits.cpu,
                    self._over_total,
                )
            )
            return readings[-1].look

        run = self._run(self.inputs[position : position + count], reader=reader)
        reading = readings[-1]
        reading.look(run.progress)
        right = reading.right
        if reading.wrong:
            return BatchResult(right, guessed=True)
        if right == count:
            # All results are there, but if it did not end normally, the last one is in doubt.
            return BatchResult(right - (run.status != 0 or run.flags != 0))
        if run.timed_out and right == len(run.progress.records):
            return BatchResult(right, broken(run, self.limits, self.tests.function))
        return BatchResult(right, slow=run.cpu > self.limits.cpu)

    def _alone(self, index: int) -> Outcome:
        """The final outcome of one test, run in its own child. A near miss of the time limit runs once more."""
        run, outcome = self._once(index)
        if outcome.passed and run.cpu > self.limits.cpu:
            first = run.cpu
            run, outcome = self._once(index)
            self.near_misses.append([index + 1, round(first, 2), round(run.cpu, 2)])
        if outcome.passed and run.cpu > self.limits.cpu:
            return time_limit(run, self.limits)
        return outcome

    def _once(self, index: int) -> tuple[Run, Outcome]:
        """Run one test in its own child. The outcome allows a right result up to the time at which a child is ended."""
        run = self._run([self.inputs[index]])
        outcome = broken(run, self.limits, self.tests.function)
        if outcome is not None:
            printed = run.stdout if self.tests.function is None and not outcome.for_all_tests else b""
            seen = outputs(self.tests, index, printed) if printed else {}
            error = outcome.detail if outcome.for_all_tests else run.stderr.decode("utf-8", "replace")
            return run, replace(outcome, seen=seen, lines=named_lines(error))
        if self.tests.function is None:
            return run, self._compared(index, run.stdout)
        content = next((content for tag, content in run.records if tag == b"V"), None)
        if content is None:
            return run, Outcome("runtime error", "the program ended before it returned a value")
        return run, self._compared(index, content)

    def _compared(self, index: int, data: bytes) -> Outcome:
        checker = self.tests.checker
        if checker is None:
            found = self.comparison.outcome(index, data)
        else:
            with self.comparison.allowance.measured():
                found = checker.outcome(self.tests, index, data, self.comparison.rules)
        found = checkers.opened(found, self.tests, data)
        return found if found.passed else replace(found, seen=outputs(self.tests, index, data))

    def _compile_once(self) -> None:
        """Replace the source by byte code, compiled in a child, for later children."""
        if isinstance(self.code, str) and len(self.tests) > 1:
            run = self._run([], op="compile")
            self.code = next((content for tag, content in run.records if tag == b"B"), self.code)

    def _run(
        self, tests: list[Any], op: str = "run", reader: Callable[[], Callable[[ChildProgress], bool]] | None = None
    ) -> Run:
        """One child; again if its sandbox ends. reader: makes what reads its progress, anew for each attempt."""
        for attempt in range(ATTEMPTS):
            try:
                run = self.box.run(
                    op, self.code, tests, self.limits, self.tests.function, stop=reader() if reader else None
                )
                break
            except BoxError:
                if attempt == ATTEMPTS - 1:
                    raise
        self.cpu += run.cpu
        self.idle += max(0.0, run.wall - patience() * run.cpu)
        self.memory = max(self.memory, run.memory)
        return run


def _bytes(text: Any) -> bytes:
    """A test's text; a list of texts is one of several right outputs each (see ``checkers``)."""
    whole = "\n".join(map(str, text)) if isinstance(text, list) else str(text)
    return whole.encode("utf-8", "surrogatepass")
