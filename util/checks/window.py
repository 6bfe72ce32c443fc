"""Many checks at once, their verdicts in the order of what is checked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


async def in_order(
    items: Iterable[_Item], check: Callable[[_Item], Coroutine[Any, Any, _Found]], ahead: int
) -> AsyncIterator[tuple[_Item, _Found]]:
    """Each item with what ``check`` gives for it, in order.

    ahead: how many items at most are read before the first of them is given; that many are in memory. Checks that are
    not awaited when the caller stops, or when one raises, are cancelled.
    """
    waiting: deque[tuple[_Item, asyncio.Task[_Found]]] = deque()
    try:
        for item in items:
            waiting.append((item, asyncio.create_task(check(item))))
            await asyncio.sleep(0)  # so that it is sent
            if len(waiting) >= ahead:
                first, task = waiting.popleft()
                yield first, await task
        while waiting:
            first, task = waiting.popleft()
            yield first, await task
    finally:
        for _, task in waiting:
            task.cancel()
