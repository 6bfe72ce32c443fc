"""What one solution may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Per test: CPU and wall seconds, bytes of memory, bytes of output. total: CPU seconds of all tests.

    The wall clock is a backstop for programs that sleep; one that computes but is kept
    waiting for a processor is judged by its CPU time alone.
    """

    cpu: float = 6.0
    wall: float = 15.0
    memory: int = 2**30
    output: int = 16 * 2**20
    total: float = 300.0

    @property
    def deadline(self) -> float:
        """Wall seconds after which a whole solution is given up from outside."""
        return 12 * self.total + 15 * self.wall
