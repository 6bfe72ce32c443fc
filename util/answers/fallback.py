"""``math-verify`` for answers that the built-in parser cannot read, in a process of its own (math_verify_worker.py).

It is used only with ``--math-fallback`` and never overturns a rejection.
"""

from __future__ import annotations

import sys
import threading

from util.answers.math_verify_worker import MathVerifyWorker, serve

DEADLINE = 2.0
"""Seconds of wall-clock time for one comparison."""


class Fallback:
    """A handle on the worker, which starts at the first comparison."""

    def __init__(self) -> None:
        self._worker = MathVerifyWorker("util.answers.fallback")
        self._lock = threading.Lock()

    def equal(self, gold: str, answer: str) -> bool | None:
        """Whether math-verify finds the two equal; None if it gave no verdict.

        There is no verdict if the deadline passed, memory ran out, or one of the texts was not parsed to its end.
        """
        with self._lock:
            try:
                found = self._worker.ask([gold, answer], DEADLINE)
            except (TimeoutError, ConnectionError):
                return None
        return found if isinstance(found, bool) else None

    def close(self) -> None:
        """Kill the worker if it is running."""
        self._worker.close()


_fallback = Fallback()


def ask(gold: str, answer: str) -> bool | None:
    """``Fallback.equal`` with one worker per process."""
    return _fallback.equal(gold, answer)


def _judged(gold: str, answer: str) -> bool | None:
    """Time limits by signal are off: the parent kills this process instead."""
    from math_verify import parse, verify

    sides = [parse(f"${side}$", parsing_timeout=None) for side in (gold, answer)]
    texts = zip(sides, (gold, answer), strict=True)
    if not all(len(side) > 1 and _parsed_all(text, side[1]) for side, text in texts):
        return None
    return bool(verify(sides[0], sides[1], timeout_seconds=None))


def _parsed_all(text: str, found: object) -> bool:
    """Whether math-verify parsed all of the text, not a part of it (``parse`` returns [object, text])."""
    plain = ["".join(str(side).split()).strip("$.") for side in (text, found)]
    return plain[0] == plain[1]


if __name__ == "__main__":
    serve(int(sys.argv[1]), _judged)
