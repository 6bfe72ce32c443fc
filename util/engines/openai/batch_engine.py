"""The OpenAI Batch API as an engine: half the price, results within a day, and a run may be interrupted at any time.

Requests go up as JSONL files. Before a batch is created, its content is noted in the journal, and its id right after,
so that a rerun finds every batch again, also one whose id was not noted any more.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Any

from util.engines.base import Completion, Note, Request
from util.engines.openai.batch_files import Spool
from util.engines.openai.batch_notes import key_name
from util.engines.openai.batch_run import BatchRun
from util.engines.openai.dialect import Dialect
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.system.errors import UserError
from util.system.servers import servers_of


class BatchEngine:
    """The engine protocol on top of the Batch API."""

    drain_seconds = 0.0
    fetches_batches = True

    def __init__(self, model: str, options: ApiOptions, budget: Budget) -> None:
        self.model, self.budget = model, budget
        servers = servers_of(options.base_urls, options.keys)
        if len(servers) > 1:
            raise UserError("--batch takes one --base-url: a batch stays at one server.")
        self._server, self._keys = servers[0], servers[0].keys
        self._dialect = Dialect(
            model, self._server.url, given=options.given, extra=options.request_args or {},
            template=options.template,
        )  # fmt: skip
        self._tries, self._poll = options.max_retries + 1, options.batch_poll
        self._notes: list[Note] = []
        self._write: Callable[[Note], None] = self._notes.append
        self._run: BatchRun | None = None

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai batch", "base_url": self._server.shown, "device": "api"}

    def attach(self, notes: list[Note], write: Callable[[Note], None]) -> None:
        """notes: what earlier runs noted in this journal. write: writes a note durably."""
        self._notes, self._write = notes, write

    def stop(self) -> None:
        """Stop waiting; batches go on at the server, and a rerun fetches them."""
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield the answers of a batch when it has ended; what expired in it is sent again.

        Raises:
            UserError: the server refuses a batch, or the budget is used up; what was sent is fetched before.
        """
        import openai

        clients = {
            key_name(k): openai.AsyncOpenAI(
                api_key=k,
                base_url=self._server.base,
                default_query=self._server.query,
                default_headers=self._server.headers,
                max_retries=4,
            )
            for k in self._keys
        }
        try:
            with Spool() as spool:
                self._run = BatchRun(
                    self.model, self.budget, self._notes, self._write, clients, spool, iter(requests),
                    tries=self._tries, poll=self._poll, dialect=self._dialect,
                )  # fmt: skip
                async with aclosing(self._run.completions()) as stream:
                    async for completion in stream:
                        yield completion
        finally:
            self._run = None
            for client in clients.values():
                await client.close()
