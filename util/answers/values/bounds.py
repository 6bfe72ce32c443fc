"""Why there is no value, and the limits of one comparison."""

from __future__ import annotations

import threading
import time

SECONDS, STEPS = 0.25, 40_000
"""CPU seconds of one comparison, over all its evaluations, and steps of one evaluation."""

_local = threading.local()


class TooHard(ArithmeticError):
    """A value cannot be computed within the bounds."""


class NoValue(ArithmeticError):
    """There is no value at this point: a pole, a limit that does not exist."""


class Indeterminate(NoValue):
    """0/0 and the like: the point may be a gap that a simplified form does not have."""


class NotInField(ValueError):
    """The field has no such value: an irrational one, or something that is no value at all."""


def start_clock() -> None:
    """Start the time limit of one comparison. It counts CPU time, so a busy machine cannot change a verdict."""
    _local.end = time.thread_time() + SECONDS


class Steps:
    """A budget of steps within the time limit; ``spend`` raises TooHard when one of them is used up."""

    def __init__(self, limit: int = STEPS) -> None:
        self._left = limit
        self._end: float = getattr(_local, "end", time.thread_time() + SECONDS)

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0 or (self._left % 64 == 0 and time.thread_time() > self._end):
            raise TooHard("too many steps")
