"""The tokens of texts, by a vLLM server's ``/tokenize`` and ``/detokenize`` (seen with 0.32)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from util.engines.base import Request, Sampling
from util.engines.continuing import PROMPT_END
from util.engines.openai.connection import Broken, Connection, Elsewhere, Reply
from util.engines.openai.dialect import Dialect
from util.engines.openai.events import TooLarge
from util.engines.openai.served_models import probe
from util.engines.openai.shapes import read_json
from util.engines.openai.sites import Site
from util.records import Message, Partial, SampleId
from util.system.errors import UserError
from util.system.servers import Server
from util.text.thought import raw_response

SECONDS, TRIES = 60.0, 5
_OF_PROMPTS = ("messages", "chat_template", "chat_template_kwargs")


class ServerTokens:
    """See ``Tokens``."""

    def __init__(self, server: Server, dialect: Dialect) -> None:
        self._dialect = dialect
        self._key = server.keys[0] if server.keys else "none"
        self.site = Site(server, Connection(server))

    async def ids(self, text: str) -> list[int]:
        """See ``Tokens``."""
        found = await self._asked("/tokenize", {"prompt": text, "add_special_tokens": False}, "tokens")
        return list(found)

    async def decoded(self, ids: list[int]) -> str:
        """See ``Tokens``."""
        return str(await self._asked("/detokenize", {"tokens": ids}, "prompt"))

    async def prompt_end(self, messages: list[Message]) -> str:
        """See ``Tokens``."""
        return await self.decoded((await self._prompt(messages))[-PROMPT_END:])

    async def of_response(self, messages: list[Message], content: str) -> Partial:
        """See ``Tokens``. The text is the whole response, whatever parser the server has."""
        prompt = await self._prompt(messages)
        raw = raw_response(content, await self.decoded(prompt[-PROMPT_END:]))
        return Partial(await self.ids(raw), text=raw, prompt=prompt)

    async def close(self) -> None:
        """Close the connection."""
        await self.site.connection.close()

    async def _prompt(self, messages: list[Message]) -> list[int]:
        body = self._dialect.body(Request(SampleId(""), messages, Sampling(0.0)), 1)
        fields = {name: body[name] for name in _OF_PROMPTS if name in body} | {"add_generation_prompt": True}
        return list(await self._asked("/tokenize", fields, "tokens"))

    async def _asked(self, path: str, fields: dict[str, Any], wanted: str) -> Any:
        """Raises: UserError: the server does not tell."""
        data = json.dumps({"model": self._dialect.model, **fields}).encode()
        failure = ""
        for number in range(TRIES):
            if number:
                await asyncio.sleep(2.0**number)
            try:
                reply = await self.site.connection.ask(path, self._key, data, SECONDS)
            except (Broken, Elsewhere, TooLarge) as error:
                failure = str(error)
                continue
            if (found := _field(reply, wanted)) is not None:
                return found
            failure = f"status {reply.status}"
            if reply.status < 500 and reply.status != 429:
                break
        raise UserError(
            f"{self.site.server.shown} does not tell the tokens of a text ({path}: {failure}): no thought can be cut there, "
            "and no response be continued from its text. That needs a vLLM server."
        )


async def tokens_of(server: Server, dialect: Dialect) -> ServerTokens:
    """The tokens of a server's model.

    Raises:
        UserError: it is not vLLM.
    """
    found = ServerTokens(server, dialect)
    await probe([found.site], dialect.model, dialect)
    if dialect.kind == "vllm":
        return found
    await found.close()
    raise UserError(
        f"{server.shown} is no vLLM server, as far as it says: a thinking budget, and going on from a text, need one. Where "
        "the server has a field of its own for that, set it with --request-args."
    )


def _field(reply: Reply, name: str) -> Any:
    try:
        return read_json(reply.body).get(name) if reply.status == 200 else None
    except (ValueError, AttributeError):
        return None
