"""Handle Ctrl-C during generation: wait for requests in flight, which are paid for, then end the run."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

from msgspec.structs import replace

from util.engines.base import Completion, Draining, Engine, Request
from util.system.redaction import redacted

GRACE_SECONDS = 5.0
"""Seconds after the engine's own drain time until it is cancelled."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def completions(engine: Engine, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
    """Run ``engine.generate``; on Ctrl-C, an engine that can drain finishes its requests in flight first.

    Raises:
        KeyboardInterrupt: on Ctrl-C, after the last completion that arrived in time.
    """
    with _interruptions(engine) as interrupted:
        async with aclosing(engine.generate(requests)) as stream:
            async for completion in stream:
                yield _masked(completion)
        if interrupted:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _interruptions(engine: Engine) -> Iterator[list[int]]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    seen: list[int] = []

    def handle(number: int) -> None:
        seen.append(number)
        if isinstance(engine, Draining) and len(seen) == 1:
            print(
                f"stopping: waiting up to {engine.drain_seconds:g} s for requests in flight; press Ctrl-C again to stop now",
                file=sys.stderr,
            )
            engine.stop()
            loop.call_later(engine.drain_seconds + GRACE_SECONDS, _cancel, task)
        else:
            _cancel(task)

    before = {}
    try:
        for number in SIGNALS:
            before[number] = signal.getsignal(number)
            loop.add_signal_handler(number, handle, number)
    except (NotImplementedError, RuntimeError, ValueError):
        before = {}  # not the main thread, or not Unix: the default KeyboardInterrupt applies
    try:
        yield seen
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _masked(completion: Completion) -> Completion:
    """The completion; a server's words about a failure, which may repeat a key, without it."""
    if not completion.response.failed:
        return completion
    return replace(completion, response=replace(completion.response, error=redacted(completion.response.error)))


def _cancel(task: asyncio.Task[Any] | None) -> None:
    if task is not None and not task.done():
        task.cancel()
