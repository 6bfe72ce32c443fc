"""Waiting for an event, never for a length of time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float = 120.0, what: str = "") -> None:
    """Return as soon as ``condition()`` is true.

    The deadline only ends a test that would otherwise hang, so it is generous: a busy machine must meet it.

    Raises:
        AssertionError: ``condition()`` is still false after ``seconds``; ``what`` names what was expected.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or condition}"
        time.sleep(0.02)
