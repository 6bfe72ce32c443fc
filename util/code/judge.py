"""Judge a solution: run it on each test, compare the results outside the sandbox, accept only a full pass.

Tests run in batches, one child process per batch. A test that fails in a batch
runs again in its own child, and that second result decides.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from util.code.box import Box, BoxError
from util.code.inside import program, watch
from util.code.outcome import Outcome, broken, comparison_for
from util.code.problem import Judging, Run, Tests, Wanted
from util.code.signatures import typed_inputs
from util.records import NOT_JUDGEABLE, Verdict

FIRST_BATCH, GROWTH = 32, 4
"""The first batch is small because most wrong solutions fail early; each later batch is larger."""

ATTEMPTS = 4
"""Maximum attempts at one run when the sandbox process keeps ending."""

_boxes: dict[Wanted, Box] = {}


def judge(code: str, tests: Tests, judging: Judging | None = None) -> Verdict:
    """Judge whether ``code`` passes every test.

    The verdict is None if the tests are unusable or the sandbox failed.

    Raises:
        UserError: the sandbox cannot start, or is weaker than required.
    """
    judging = judging or Judging()
    if len(tests) == 0 or len(tests.inputs) != len(tests.outputs):
        return Verdict(None, f"{NOT_JUDGEABLE}{len(tests.inputs)} inputs, {len(tests.outputs)} outputs")
    box = box_for(judging.wanted)
    trial = _Trial(code, tests, judging, box)
    try:
        failures = trial.run_tests()
    except BoxError as error:
        return Verdict(None, f"sandbox fault: {error}", {"sandbox": box.level})
    return trial.verdict(failures)


def box_for(wanted: Wanted) -> Box:
    """This process's sandbox with these layers; it is started on first use and reused."""
    box = _boxes.setdefault(wanted, Box(wanted))
    box.start()
    return box


def close_boxes() -> None:
    """End the sandboxes of this process."""
    while _boxes:
        _boxes.popitem()[1].close()


@dataclass
class _Trial:
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

    def __post_init__(self) -> None:
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
            if self.cpu > self.limits.total or self.idle > 2 * self.limits.total:
                detail = f"all tests together: over {self.limits.total:g} s of CPU time, or twice that of sleep"
                return [*failures, (position, Outcome("time limit", detail))]
            planned = min(size, count - position) if batching else 1
            guessed, outcome = False, None
            if planned > 1:
                right, outcome, guessed = self._batch(position, planned)
                position, size = position + right, size * GROWTH
                if right == planned:
                    continue
                batching = right > 0  # after a batch without a passed test, no batches
            elif not batching:
                self._compile_once()
            outcome = outcome or self._alone(position)
            if guessed and outcome.passed:
                # Wrong in the batch, right alone: a program that detects batches would get two guesses
                # at each test. Discard the results of all batches and run every test alone.
                failures, position, batching = [], 0, False
                continue
            if not outcome.passed:
                failures.append((position, outcome))
                if not self.judging.all_tests or outcome.for_all_tests:
                    return failures
            position += 1
        return failures

    def verdict(self, failures: list[tuple[int, Outcome]]) -> Verdict:
        count = len(self.tests)
        evidence: dict[str, Any] = {
            "tests": count,
            "cpu_seconds": round(self.cpu, 3),
            "wall_seconds": round(time.monotonic() - self.start, 3),
            "memory_mib": self.memory // 2**20,
            "sandbox": self.box.level,
        }
        if not failures:
            return Verdict(True, f"passed all {count} tests", evidence)
        index, outcome = failures[0]
        evidence = {"test": index, "detail": outcome.detail, **evidence}
        if self.judging.all_tests:
            evidence["failed"] = [[number, failed.kind] for number, failed in failures]
        where = "" if outcome.for_all_tests else f" on test {index + 1} of {count}"
        return Verdict(False, f"{outcome.kind}{where}", evidence)

    def _batch(self, position: int, count: int) -> tuple[int, Outcome | None, bool]:
        """Run ``count`` tests in one child: (tests passed before the first failure, outcome, flag).

        outcome: of the first failed test, if it is certain: a timeout in a batch's first
        test needs no second run. flag: whether the first failed test has an answer, a
        wrong one.
        """
        run = self._run(self.inputs[position : position + count])
        right, before, guessed = 0, 0.0, False
        for cpu, outcome in self._results(run, position, count):
            guessed = not outcome.passed
            if guessed or cpu - before > self.limits.cpu:
                break
            right, before = right + 1, cpu
        if right == count and (run.status != 0 or run.timed_out):
            right -= 1  # all records are there, but it did not end normally
        ended = broken(run, self.limits, self.tests.function) if not run.records else None
        return right, ended if ended is not None and ended.kind == "time limit" else None, guessed

    def _results(self, run: Run, position: int, count: int) -> Iterator[tuple[float, Outcome]]:
        """Yield (CPU seconds so far, outcome) of each test that a batch finished. Lazy: the caller may stop early."""
        done, offset = 0, 0
        for tag, content in run.records:
            if done == count:
                return
            if tag == b"M" and len(content) == program.MARK.size and self.tests.function is None:
                end, cpu = program.MARK.unpack(content)
                yield cpu, self._compared(position + done, run.stdout[offset : max(end, offset)])
                offset = max(end, offset)
                done += 1
            elif tag == b"V" and len(content) >= 8 and self.tests.function is not None:
                yield struct.unpack("<d", content[:8])[0], self._compared(position + done, content[8:])
                done += 1

    def _alone(self, index: int) -> Outcome:
        """The final outcome of one test, run in its own child."""
        run = self._run([self.inputs[index]])
        outcome = broken(run, self.limits, self.tests.function)
        if outcome is not None:
            return outcome
        if self.tests.function is None:
            return self._compared(index, run.stdout)
        content = next((content for tag, content in run.records if tag == b"V" and len(content) >= 8), None)
        if content is None:
            return Outcome("runtime error", "the program ended before it returned a value")
        return self._compared(index, content[8:])

    def _compared(self, index: int, data: bytes) -> Outcome:
        return self.comparison.outcome(index, data)

    def _compile_once(self) -> None:
        """Replace the source by byte code, compiled in a child, for later children."""
        if isinstance(self.code, str) and len(self.tests) > 1:
            run = self._run([], op="compile")
            self.code = next((content for tag, content in run.records if tag == b"B"), self.code)

    def _run(self, tests: list[Any], op: str = "run") -> Run:
        for attempt in range(ATTEMPTS):
            try:
                run = self.box.run(op, self.code, tests, self.limits, self.tests.function)
                break
            except BoxError:
                if attempt == ATTEMPTS - 1:
                    raise
        self.cpu += run.cpu
        self.idle += max(0.0, run.wall - watch.PATIENCE * run.cpu)
        self.memory = max(self.memory, run.memory)
        return run


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")
