"""An engine without a model, to measure everything else: it generates random texts at a constant rate."""

from __future__ import annotations

import os
import random
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from util.engines.base import Completion, Request
from util.records import Increment, Response, Usage

POISON = "kill the engine"
"""A user message that ends the process, like a crash of a real engine."""


class SyntheticEngine:
    """Texts of ``tokens`` words that depend only on the request.

    ``per_step`` requests finish in each step, which takes ``seconds``.
    """

    def __init__(self, tokens: int = 8, per_step: int = 64, seconds: float = 0.0) -> None:
        self.tokens, self.per_step, self.seconds = tokens, per_step, seconds

    def describe(self) -> dict[str, Any]:
        return {"backend": "synthetic", "tokens": self.tokens}

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        for request in requests:
            yield completion(request, self.tokens)

    def session(self, every: int = 0) -> SyntheticSession:
        return SyntheticSession(self)

    def close(self) -> None:
        """Nothing to end."""


class SyntheticSession:
    """See ``util.engines.vllm.session.Session``."""

    def __init__(self, engine: SyntheticEngine) -> None:
        self._engine = engine
        self.running: dict[int, Request] = {}

    def add(self, number: int, request: Request) -> Completion | None:
        if request.messages and request.messages[-1].content == POISON:
            os._exit(1)
        self.running[number] = request
        return None

    def step(self) -> list[tuple[int, Completion]]:
        time.sleep(self._engine.seconds if self.running else 0)
        numbers = list(self.running)[: self._engine.per_step]
        return [(number, completion(self.running.pop(number), self._engine.tokens)) for number in numbers]

    def increments(self) -> list[tuple[int, Request, Increment]]:
        return []

    def tails(self) -> list[tuple[int, Request, Increment]]:
        return []

    def abort(self) -> None:
        self.running.clear()


def completion(request: Request, tokens: int) -> Completion:
    """A random text that depends only on the request."""
    rng = random.Random(f"{request.sample.key} {request.sample.index} {request.sampling.seed}")
    text = " ".join(f"{rng.getrandbits(24):06x}" for _ in range(tokens)) + f" \\boxed{{{rng.randrange(3)}}}"
    usage = Usage(sum(len(message.content) // 4 for message in request.messages), tokens)
    return Completion(request.sample, Response(content=text, usage=usage, seed=request.sampling.seed))
