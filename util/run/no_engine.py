"""The engine of a run that has nothing to generate."""

from __future__ import annotations

from typing import Any

from util.system.advice import rerun
from util.system.errors import UserError


class NoEngine:
    """The engine of a run that has nothing to generate."""

    def describe(self) -> dict[str, Any]:
        return {"backend": "none", "note": "Nothing to generate: all responses exist"}

    async def generate(self, requests: Any) -> Any:
        for request in requests:
            raise UserError(
                f"The verdicts have changed since the last run, so that {request.sample.key[:60]!r} needs more responses. "
                f"Everything is kept; {rerun()} to make them."
            )
        return
        yield

    def close(self) -> None:
        """Nothing to end."""
