"""The OpenAI Batch API as an engine: half the price, answers within a day, safe to leave alone.

Requests go up as JSONL files. Before a batch is created, what it will hold is noted in the journal,
and its id right after, so that a rerun finds every batch again, the one whose creation it did not
live to note included.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from typing import Any

from util.engines.base import Completion, Note, Request
from util.engines.openai.batch_files import Spool, key_name
from util.engines.openai.batch_run import BatchRun
from util.engines.prices import Budget
from util.system.credentials import base_url_of, read_keys


class BatchEngine:
    """The engine protocol on top of the Batch API."""

    drain_seconds = 0.0

    def __init__(
        self, model: str, *, base_url: str | None, keys: Any, budget: Budget, max_retries: int, poll: float
    ) -> None:
        self.model, self.budget = model, budget
        self.base_url = base_url_of(base_url)
        self._keys = read_keys(keys, self.base_url)
        self._tries, self._poll = max_retries + 1, poll
        self._notes: list[Note] = []
        self._write: Any = None
        self._run: BatchRun | None = None

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai batch", "base_url": self.base_url or "default", "device": "api"}

    def attach(self, notes: list[Note], write: Any) -> None:
        """notes: what earlier runs noted in this journal. write: notes something durably."""
        self._notes, self._write = notes, write

    def stop(self) -> None:
        """Wait no longer; batches go on at the server, and a rerun fetches them."""
        if self._run is not None:
            self._run.stopped = True

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield the answers of a batch when it has ended; what expired in it is sent again.

        Raises:
            UserError: the server refuses a batch, or the budget is used up; what was sent is fetched before.
        """
        import openai

        clients = {
            key_name(k): openai.AsyncOpenAI(api_key=k, base_url=self.base_url, max_retries=4) for k in self._keys
        }
        try:
            with Spool() as spool:
                self._run = BatchRun(
                    self.model, self.budget, self._notes, self._write, clients, spool, iter(requests),
                    tries=self._tries, poll=self._poll,
                )  # fmt: skip
                async for completion in self._run.completions():
                    yield completion
        finally:
            self._run = None
            for client in clients.values():
                await client.close()
