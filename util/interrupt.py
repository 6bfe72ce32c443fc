"""Ctrl-C while an engine works: what is paid for is waited for, then the run ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

from util.engines.base import Completion, Engine, Request

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def completions(engine: Engine, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
    """``engine.generate``; at Ctrl-C an engine that can stop drains what is in flight first.

    Raises:
        KeyboardInterrupt: after the last completion that arrived in time.
    """
    with _interruptions(engine) as interrupted:
        async with aclosing(engine.generate(requests)) as stream:
            async for completion in stream:
                yield completion
        if interrupted:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _interruptions(engine: Engine) -> Iterator[list[int]]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    seen: list[int] = []
    stop: Any = getattr(engine, "stop", None)

    def handle(number: int) -> None:
        seen.append(number)
        if stop is not None and len(seen) == 1:
            seconds = engine.drain_seconds  # type: ignore[attr-defined]
            print(
                f"\nstopping: answers in flight are waited for, {seconds:g} s at most; again to stop now",
                file=sys.stderr,
            )
            stop()
            loop.call_later(seconds, _cancel, task)
        else:
            _cancel(task)

    before = {}
    try:
        for number in SIGNALS:
            before[number] = signal.getsignal(number)
            loop.add_signal_handler(number, handle, number)
    except (NotImplementedError, RuntimeError, ValueError):
        before = {}  # not the main thread, or no Unix: the usual KeyboardInterrupt
    try:
        yield seen
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _cancel(task: asyncio.Task[Any] | None) -> None:
    if task is not None and not task.done():
        task.cancel()
