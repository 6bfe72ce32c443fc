"""Waiting for a descriptor of any number: ``select`` refuses those above 1,023."""

from __future__ import annotations

import select


def readable(descriptor: int, seconds: float) -> bool:
    """Whether a descriptor has something to read, has ended, or was closed by its other side, within ``seconds``."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
