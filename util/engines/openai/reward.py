"""Scores of finished responses by a reward model behind a ``vllm serve`` endpoint."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from util.system.errors import UserError

if TYPE_CHECKING:  # the scripts' --help imports this module
    from util.records import Message

CONCURRENCY = 32
ATTEMPTS = 5
PATHS = ("classify", "pooling")
"""Endpoints of ``vllm serve``: for models with a classification head, and for others with a pooler."""

_Name = TypeVar("_Name")


@dataclass(frozen=True)
class RewardModel:
    """name: the model's name at the server. url: the server's address, with or without ``/v1``."""

    name: str
    url: str

    @property
    def base(self) -> str:
        return self.url.rstrip("/").removesuffix("/v1")


async def rewards(
    model: RewardModel, conversations: Iterable[tuple[_Name, list[Message]]]
) -> AsyncIterator[tuple[_Name, float | None]]:
    """Yield (name, score) of each conversation as it is scored; the last message is the response.

    The score is None where the server refuses the conversation, for example one that is longer than its context.

    Raises:
        UserError: the server cannot be reached, or gives no scores at all.
    """
    import httpx

    from util.engines.openai.bounded import bounded

    source = iter(conversations)
    first = next(source, None)
    if first is None:
        return
    async with httpx.AsyncClient(timeout=600) as client:
        path = await _path(client, model)
        scores = bounded(chain([first], source), partial(_score, client, model, path), lambda: CONCURRENCY)
        async with aclosing(scores) as stream:
            async for name, score in stream:
                yield name, score


async def _path(client: Any, model: RewardModel) -> str:
    """The endpoint that scores: the first that returns a number for a trial conversation."""
    from util.records import Message

    trial = [Message("user", "1+1?"), Message("assistant", "2")]
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
        "`vllm serve MODEL --runner pooling` and set --reward-model and --reward-url to its name and address; what was "
        "generated is kept."
    )


async def _score(
    client: Any, model: RewardModel, path: str, item: tuple[_Name, list[Message]]
) -> tuple[_Name, float | None]:
    name, messages = item
    for attempt in range(ATTEMPTS):
        status, body = await _post(client, model, path, messages)
        if status == 200 and (score := score_of(body)) is not None:
            return name, score
        if 400 <= status < 500 and status != 429:
            return name, None
        await asyncio.sleep(2**attempt)
    raise UserError(
        f"The reward model {model.name} stopped answering ({status or 'no connection'}: {str(body)[:300]}). The scores so "
        "far are kept; rerun the same command to continue."
    )


async def _post(client: Any, model: RewardModel, path: str, messages: list[Message]) -> tuple[int, Any]:
    """Status and body; status 0 and the fault where there was no answer."""
    import httpx

    from util.engines.chat import chat_dicts
    from util.engines.openai.shapes import read_json

    # As ASCII: model output may hold lone surrogates, which UTF-8 cannot encode.
    content = json.dumps({"model": model.name, "messages": chat_dicts(messages)}).encode("ascii")
    try:
        answer = await client.post(
            f"{model.base}/{path}", content=content, headers={"Content-Type": "application/json"}
        )
    except httpx.HTTPError as error:
        return 0, f"{type(error).__name__}: {error}"
    try:
        return answer.status_code, read_json(answer.content)
    except ValueError:
        return answer.status_code, answer.text


def score_of(body: Any) -> float | None:
    """The last number of an answer's first item: a reward head's single output, or the last step's score.

    >>> score_of({"data": [{"probs": [0.25]}]}), score_of({"data": [{"data": [[0.1], [0.9]]}]})
    (0.25, 0.9)
    """
    data = body.get("data") if isinstance(body, dict) else None
    item = data[0] if isinstance(data, list) and data else None
    if not isinstance(item, dict):
        return None
    value = item.get("data") if item.get("probs") is None else item["probs"]
    while isinstance(value, list) and value:
        value = value[-1]
    try:
        score = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return score if math.isfinite(score) else None
