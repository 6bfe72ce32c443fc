"""Scores of finished responses by a reward model behind a ``vllm serve`` endpoint."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from util.engines.base import Message
from util.system.errors import UserError

CONCURRENCY = 32
ATTEMPTS = 5
PATHS = ("classify", "pooling")
"""Where ``vllm serve`` answers for models with a classification head, and for others with a pooler."""


@dataclass(frozen=True)
class RewardModel:
    """name: as the server calls it. url: the server's address, with or without ``/v1``."""

    name: str
    url: str

    @property
    def base(self) -> str:
        return self.url.rstrip("/").removesuffix("/v1")


async def rewards(
    model: RewardModel, conversations: Iterable[tuple[Any, list[Message]]]
) -> AsyncIterator[tuple[Any, float | None]]:
    """Yield (name, score) of each conversation as it is scored; the last message is the response.

    The score is None where the server refuses this one, a response longer than its context for instance.

    Raises:
        UserError: the server cannot be reached, or gives no scores at all.
    """
    import httpx

    source = iter(conversations)
    first = next(source, None)
    if first is None:
        return
    source = chain([first], source)
    running: set[asyncio.Task[tuple[Any, float | None]]] = set()
    async with httpx.AsyncClient(timeout=600) as client:
        path = await _path(client, model)
        try:
            while True:
                while len(running) < CONCURRENCY and (item := next(source, None)) is not None:
                    running.add(asyncio.create_task(_score(client, model, path, *item)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                # What was scored comes first: a failure in the same round must not cost it.
                for task in sorted(done, key=lambda task: task.exception() is not None):
                    yield task.result()
        finally:
            for task in running:
                task.cancel()


async def _path(client: Any, model: RewardModel) -> str:
    """Which endpoint scores: the first that gives a number for a trial."""
    trial: list[Message] = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    answers = []
    for path in PATHS:
        status, body = await _post(client, model, path, trial)
        if status == 200 and score_of(body) is not None:
            return path
        answers.append(f"/{path}: {status or ''} {str(body)[:150]}")
        if not status:
            break
    raise UserError(
        f"The reward model {model.name} at {model.url} gives no score ({'; '.join(answers)}). Serve it with "
        "`vllm serve MODEL --runner pooling` and give its name and address by --reward-model and --reward-url; what was "
        "generated is kept."
    )


async def _score(
    client: Any, model: RewardModel, path: str, name: Any, messages: list[Message]
) -> tuple[Any, float | None]:
    for attempt in range(ATTEMPTS):
        status, body = await _post(client, model, path, messages)
        if status == 200 and (score := score_of(body)) is not None:
            return name, score
        if 400 <= status < 500 and status != 429:
            return name, None
        await asyncio.sleep(2**attempt)
    raise UserError(
        f"The reward model {model.name} stopped answering ({status or 'no connection'}: {str(body)[:300]}). Scores given so "
        "far are kept; rerun the same command to continue."
    )


async def _post(client: Any, model: RewardModel, path: str, messages: list[Message]) -> tuple[int, Any]:
    """Status and body; status 0 and the fault where there was no answer."""
    import httpx

    # As ASCII: model output may hold lone surrogates, which are no UTF-8.
    content = json.dumps({"model": model.name, "messages": messages}).encode("ascii")
    try:
        answer = await client.post(
            f"{model.base}/{path}", content=content, headers={"Content-Type": "application/json"}
        )
    except httpx.HTTPError as error:
        return 0, f"{type(error).__name__}: {error}"
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, answer.text


def score_of(body: Any) -> float | None:
    """The last number of an answer's first item: a reward head's single output, or the last step's score.

    >>> score_of({"data": [{"probs": [0.25]}]}), score_of({"data": [{"data": [[0.1], [0.9]]}]})
    (0.25, 0.9)
    """
    try:
        item = body["data"][0]
        value = item["probs"] if "probs" in item else item["data"]
        while isinstance(value, list):
            value = value[-1]
    except (KeyError, IndexError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
