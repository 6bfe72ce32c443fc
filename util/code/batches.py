"""Read the results of a batch while its child runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from util.code.child_progress import ChildProgress
from util.code.inside import program, watch
from util.code.outcome import Outcome


@dataclass(frozen=True)
class BatchResult:
    """right: tests passed before the first failure. outcome: of the first failed test, if it is certain.

    guessed: the first failed test has a result, a wrong one. slow: the tests together took more than one may, so that
    the others have to run again.
    """

    right: int
    outcome: Outcome | None = None
    guessed: bool = False
    slow: bool = False


LEAST_PATIENCE = 2.0


def patience() -> float:
    """Wall seconds per CPU second that waiting for a processor explains; a program that takes longer sleeps.

    From the machine's load of the last minute, at most ``watch.PATIENCE``.
    """
    waiting = 2 * os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(watch.PATIENCE, max(LEAST_PATIENCE, waiting))


@dataclass
class BatchReading:
    """The results of one child, compared one by one as they arrive. The first that is not right ends the child.

    A result counts if all of the child's CPU time until then is within the limit of one test, so that it does not matter
    how a program spreads its time over the tests.

    count: tests of the batch. calls: whether they are calls of a function. compared: the outcome of a test (number in the
    batch, output or encoded result). cpu: the limit of one test. over: whether CPU seconds and seconds of sleep are over
    the limits of all tests together.
    """

    count: int
    calls: bool
    compared: Callable[[int, bytes], Outcome]
    cpu: float
    over: Callable[[float, float], bool]
    right: int = 0
    wrong: bool = False
    start: float = field(default_factory=time.monotonic)
    _record: int = 0
    _offset: int = 0
    _done: int = 0

    def look(self, progress: ChildProgress) -> bool:
        """Compare what is new; whether the child shall end."""
        while not self.wrong and (found := self._following(progress)) is not None:
            cpu, outcome = found
            if cpu > self.cpu:
                return True
            self.wrong = not outcome.passed
            self.right += not self.wrong
        slept = time.monotonic() - self.start - patience() * progress.cpu
        return self.wrong or progress.cpu > self.cpu or self.over(progress.cpu, slept)

    def _following(self, progress: ChildProgress) -> tuple[float, Outcome] | None:
        """The next result: CPU seconds until it was seen, and its outcome; None if there is none yet."""
        while self._record < len(progress.records) and self._done < self.count:
            (tag, content), cpu = progress.records[self._record], progress.counted[self._record]
            self._record += 1
            if tag == b"M" and len(content) == program.MARK.size and not self.calls:
                (end,) = program.MARK.unpack(content)
                begin, self._offset = self._offset, max(end, self._offset)
                data = bytes(progress.stdout[begin : self._offset])
            elif tag == b"V" and self.calls:
                data = content
            else:
                continue
            self._done += 1
            return cpu, self.compared(self._done - 1, data)
        return None
