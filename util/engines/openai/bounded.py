"""A bounded number of tasks over an iterator: the loop behind every engine and scorer that talks to a server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

POLL_SECONDS = 0.5
"""How often ``limit`` and ``expired`` are asked while no task finishes."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def _never() -> bool:
    return False


async def bounded(
    items: Iterable[_Item],
    work: Callable[[_Item], Coroutine[Any, Any, _Result]],
    limit: Callable[[], int],
    expired: Callable[[], bool] = _never,
) -> AsyncGenerator[_Result, None]:
    """Yield the result of ``work`` for each item as soon as it is there, in the order of completion.

    Items are taken only as tasks finish. limit: how many tasks may be in flight now. The stream ends when nothing is
    in flight and the limit or the items leave no more to start. expired: whether to stop waiting for what is in flight.

    A failing task ends the stream with its exception, after the results that arrived with it. A failing iterator
    ends it after everything that is in flight. Tasks that are left at the end are cancelled.
    """
    source: Iterator[_Item] = iter(items)
    running: set[asyncio.Task[_Result]] = set()
    failure: Exception | None = None
    try:
        while True:
            try:
                for item in itertools.islice(source, max(0, limit() - len(running))):
                    running.add(asyncio.create_task(work(item)))
            except Exception as error:  # of the iterator: what is in flight may be paid for
                failure, source = error, iter(())
            if not running:
                break
            done, running = await asyncio.wait(running, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=lambda task: task.exception() is not None):
                yield task.result()
            if not done and expired():
                break
        if failure is not None:
            raise failure
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
