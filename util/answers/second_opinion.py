"""What math-verify says about an answer or a whole response, from a process that can be killed.

Unlike ``fallback``, it judges whatever math-verify finds, the part of a text that it could parse included: this is the
verdict that a user of math-verify gets.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from util.answers.math_verify_worker import MathVerifyWorker, serve

DEADLINE = 5.0
"""Seconds of wall-clock time for one comparison."""
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
        self._worker = MathVerifyWorker("util.answers.second_opinion")

    def ask(self, gold: str, text: str, *, whole: bool) -> Opinion:
        """Judge an answer, or with ``whole`` a response in which math-verify looks for the answer.

        Raises:
            RuntimeError: the worker does not start, for example because math-verify is not installed.
        """
        try:
            correct, reason = self._worker.ask([gold, text, whole], DEADLINE)
        except TimeoutError:
            return Opinion(None, f"no verdict: over {DEADLINE:g} s")
        except ConnectionError:
            return Opinion(None, "no verdict: math-verify crashed")
        return Opinion(correct, reason)

    def close(self) -> None:
        """Kill the worker if it is running."""
        self._worker.close()


def _opinion(gold: str, text: str, whole: bool) -> tuple[bool | None, str]:
    try:
        return _judged(gold, text, whole)
    except Exception as error:  # math-verify's own fault is an answer, not the end of the audit
        return None, f"no verdict: {type(error).__name__}: {error}"[:SHOWN]


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
    serve(int(sys.argv[1]), _opinion)
