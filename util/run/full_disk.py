"""What a run does when the journal's disk is full: it sends nothing more, and writes what still arrives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator

from util.engines.base import Request
from util.results.store import ResultStore

RETRY_SECONDS = 1.0
"""How often a write that failed is tried again while responses arrive."""


def until_full(requests: Iterable[Request], store: ResultStore) -> Iterator[Request]:
    """``requests``, which end as soon as a write to the journal has failed."""
    for request in requests:
        if store.full:
            return
        yield request


@contextlib.asynccontextmanager
async def writing(store: ResultStore) -> AsyncIterator[None]:
    """Try again now and then to write what a full disk keeps in memory."""

    async def again() -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            store.write_held()

    task = asyncio.create_task(again())
    try:
        yield
    finally:
        task.cancel()
