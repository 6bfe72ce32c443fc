"""The tokens of texts, by the tokenizer of a replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.engines.ray.deaths import awaited
from util.records import Message, Partial
from util.system.errors import UserError


class ReplicaTokens:
    """See ``Tokens``. actors: returns the replicas that are loaded; one that dies meanwhile is passed over."""

    def __init__(self, actors: Callable[[], list[Any]]) -> None:
        self._actors = actors

    async def ids(self, text: str) -> list[int]:
        """See ``Tokens``."""
        return list(await self._asked("ids", text))

    async def decoded(self, ids: list[int]) -> str:
        """See ``Tokens``."""
        return str(await self._asked("decoded", ids))

    async def prompt_end(self, messages: list[Message]) -> str:
        """See ``Tokens``."""
        return str(await self._asked("prompt_end", messages))

    async def of_response(self, messages: list[Message], content: str) -> Partial:
        """See ``Tokens``."""
        found: Partial = await self._asked("of_response", messages, content)
        return found

    async def close(self) -> None:
        """Nothing is open."""

    async def _asked(self, name: str, *values: Any) -> Any:
        from ray.exceptions import RayError

        failure: Exception | None = None
        for actor in self._actors():
            try:
                return await awaited(actor.text_tool.remote(name, *values))
            except RayError as error:
                failure = error
        raise UserError(
            "No replica is left that could make tokens of a text; rerun the command to continue."
        ) from failure
