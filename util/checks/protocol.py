"""The interface between the pipeline and the checkers of this machine or of a cluster."""

from __future__ import annotations

from typing import Protocol

from util.records import Row, Verdict


class Checks(Protocol):
    """An object that judges responses concurrently."""

    async def check(self, row: Row, text: str) -> Verdict:
        """Judge one response."""
        ...

    def close(self) -> None:
        """Abandon running checks and end the workers."""
        ...
