"""The bounded loop: never more than it may, results before failures, nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from util.engines.openai.bounded import bounded


class Gate:
    """Tasks that end when the test says so."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.cancelled: list[int] = []
        self.ends: dict[int, asyncio.Future[int]] = {}

    async def work(self, item: int) -> int:
        self.started.append(item)
        self.ends[item] = asyncio.get_running_loop().create_future()
        try:
            return await self.ends[item]
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise


async def turns() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_no_more_than_the_limit_is_in_flight_and_items_are_taken_as_tasks_finish() -> None:
    gate, taken = Gate(), []

    def items() -> Iterator[int]:
        for item in range(7):
            taken.append(item)
            yield item

    async def main() -> list[int]:
        stream = bounded(items(), gate.work, lambda: 3)
        found = []
        for last in (0, 2, 1, 3, 4, 6, 5):
            waiting = asyncio.ensure_future(anext(stream))
            await turns()
            assert taken == gate.started
            assert len(gate.started) == min(7, len(found) + 3)
            gate.ends[last].set_result(last)
            found.append(await waiting)
        assert [item async for item in stream] == []
        return found

    assert asyncio.run(main()) == [0, 2, 1, 3, 4, 6, 5]
    assert gate.cancelled == []


def test_results_come_before_the_failure_of_their_round_and_the_rest_is_cancelled() -> None:
    gate, found = Gate(), []

    async def main() -> None:
        stream = bounded(range(5), gate.work, lambda: 5)
        waiting = asyncio.ensure_future(anext(stream))
        await turns()
        gate.ends[1].set_exception(OSError("broken"))
        for item in (0, 2, 3):
            gate.ends[item].set_result(item)
        found.append(await waiting)
        async for item in stream:
            found.append(item)

    with pytest.raises(OSError, match="broken"):
        asyncio.run(main())
    assert sorted(found) == [0, 2, 3]
    assert gate.cancelled == [4]


def test_an_iterator_that_fails_costs_nothing_that_is_in_flight() -> None:
    gate, found = Gate(), []

    def items() -> Iterator[int]:
        yield 0
        yield 1
        raise OSError("the disk is gone")

    async def main() -> None:
        stream = bounded(items(), gate.work, lambda: 5)
        for item in (1, 0):
            waiting = asyncio.ensure_future(anext(stream))
            await turns()
            gate.ends[item].set_result(item)
            found.append(await waiting)
        await anext(stream)

    with pytest.raises(OSError, match="disk"):
        asyncio.run(main())
    assert found == [1, 0]


def test_a_limit_that_falls_to_nothing_ends_the_stream_after_what_is_in_flight() -> None:
    gate, limit, found = Gate(), [2], []

    async def main() -> None:
        stream = bounded(range(10), gate.work, lambda: limit[0])
        waiting = asyncio.ensure_future(anext(stream))
        await turns()
        limit[0] = 0
        gate.ends[0].set_result(0)
        found.append(await waiting)
        gate.ends[1].set_result(1)
        async for item in stream:
            found.append(item)

    asyncio.run(main())
    assert found == [0, 1]
    assert gate.started == [0, 1]


def test_what_is_late_is_given_up_and_what_has_arrived_is_not() -> None:
    gate, found = Gate(), []

    async def main() -> None:
        stream = bounded(range(3), gate.work, lambda: 3, lambda: True)
        waiting = asyncio.ensure_future(anext(stream))
        await turns()
        gate.ends[0].set_result(0)
        gate.ends[1].set_result(1)
        found.append(await waiting)
        async for item in stream:
            found.append(item)

    asyncio.run(main())
    assert sorted(found) == [0, 1]
    assert gate.cancelled == [2]


def test_a_stream_that_is_closed_cancels_its_tasks() -> None:
    gate = Gate()

    async def main() -> None:
        async with aclosing(bounded(range(3), gate.work, lambda: 3)) as stream:
            waiting = asyncio.ensure_future(anext(stream))
            await turns()
            gate.ends[0].set_result(0)
            assert await waiting == 0
        assert sorted(gate.cancelled) == [1, 2]

    asyncio.run(main())
