"""An engine and a checker without a model, for runs in which samples depend on verdicts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from util.engines.base import Completion, Request
from util.records import Response, Row, SampleId, Usage, Verdict


class Stub:
    """An engine that finishes ``window`` requests in any order, and may die after some. sent: samples asked for."""

    def __init__(
        self, seed: int = 0, *, window: int = 8, dies_after: int | None = None, fails: Any = None, pause: float = 0.0
    ) -> None:
        self.sent: list[SampleId] = []
        self._pause = pause
        self._rng, self._window, self._left, self._fails = random.Random(seed), window, dies_after, fails

    def describe(self) -> dict[str, Any]:
        return {"backend": "stub"}

    def close(self) -> None:
        """Nothing to end."""

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        source, open_requests, more = iter(requests), list[Request](), True
        while more or open_requests:
            while more and len(open_requests) < self._window:
                if (request := next(source, None)) is None:
                    more = False
                else:
                    self.sent.append(request.sample)
                    open_requests.append(request)
            if not open_requests:
                return
            if self._left is not None:
                if not self._left:
                    raise RuntimeError("the engine died")
                self._left -= 1
            request = open_requests.pop(self._rng.randrange(len(open_requests)))
            yield self._made(request)
            await asyncio.sleep(self._pause)

    def _made(self, request: Request) -> Completion:
        sample = request.sample
        if self._fails is not None and (final := self._fails(sample)) is not None:
            return Completion.failed(request, "fault", final=final)
        text = f"{sample.key}/{sample.index}/{request.sampling.seed}"
        return Completion(sample, Response(content=text, usage=Usage(3, 4), seed=request.sampling.seed))


class StubChecks:
    """Verdicts that come in any order: ``is_right`` of key and number, None for the samples of ``unknown``."""

    def __init__(self, is_right: Callable[[str, int], bool], unknown: Any = lambda key, index: False) -> None:
        self._rng, self._is_right, self._unknown = random.Random(1), is_right, unknown

    async def check(self, row: Row, text: str) -> Verdict:
        for _ in range(self._rng.randrange(4)):
            await asyncio.sleep(0)
        key, index, _ = text.split("/")
        if self._unknown(key, int(index)):
            return Verdict(None, "not judgeable: a test")
        return Verdict(self._is_right(key, int(index)), "r")

    def close(self) -> None:
        """Nothing to end."""
