"""Texts of responses as the model's tokens, and back: what goes on from a text needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.engines.continuing import PROMPT_END
from util.engines.vllm.reasoning import Apart
from util.records import Message, Partial
from util.text.thought import raw_response


class Texts:
    """The engine's tokenizer. prompt: the tokens of a conversation. apart: tells thought and answer apart, if any does."""

    def __init__(self, tokenizer: Any, prompt: Callable[[list[Message]], list[int]], apart: Apart | None) -> None:
        self._tokenizer, self._prompt = tokenizer, prompt
        self._markers = (apart.begin, apart.end) if apart is not None and apart.begin else None

    async def ids(self, text: str) -> list[int]:
        """See ``Tokens``."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    async def decoded(self, ids: list[int]) -> str:
        """See ``Tokens``."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    async def prompt_end(self, messages: list[Message]) -> str:
        """See ``Tokens``."""
        return await self.decoded(self._prompt(messages)[-PROMPT_END:])

    async def of_response(self, messages: list[Message], content: str) -> Partial:
        """See ``Tokens``."""
        return Partial(await self.ids(raw_response(content, await self.prompt_end(messages), self._markers)))

    async def close(self) -> None:
        """Nothing is open."""
