"""Checks at once: their order, how many are ahead, what happens when one raises or nobody wants the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from util.checks.window import in_order


def test_results_come_in_order_and_few_items_are_read_ahead() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            read.append(number)
            yield number

    async def slow_if_even(number: int) -> int:
        await asyncio.sleep(0.02 if number % 2 == 0 else 0)
        return number * number

    async def run() -> None:
        given = 0
        async for number, found in in_order(items(), slow_if_even, 4):
            assert (number, found) == (given, given * given)
            assert len(read) <= given + 4
            given += 1
        assert given == 20

    asyncio.run(run())


@pytest.mark.parametrize("raises", [True, False])
def test_what_nobody_waits_for_is_cancelled(raises: bool) -> None:
    ended: list[int] = []

    async def check(number: int) -> int:
        if raises and number == 1:
            raise ValueError("one check failed")
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            ended.append(number)
            raise
        return number

    async def run() -> list[int]:
        found = []
        window = in_order(range(9), check, 5)
        async for number, _ in window:
            found.append(number)
            if not raises:
                await window.aclose()
                break
        return found

    async def whole() -> None:
        if raises:
            with pytest.raises(ValueError, match="one check failed"):
                await run()
        else:
            assert await run() == [0]
        await asyncio.sleep(0.01)

    asyncio.run(whole())
    assert ended
    assert 0 not in ended
