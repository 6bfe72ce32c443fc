"""Responses in flight between an engine and the journal that keeps them."""

from __future__ import annotations

import hashlib
import json

from msgspec.structs import replace as changed

from util.engines.base import Completion, Continuing, Engine, Request, Tokenizing, Tokens
from util.engines.chat import chat_dicts
from util.records import Increment
from util.results.entries import Fields, usage_fields
from util.results.partials import cut_fields
from util.results.store import ResultStore
from util.system.errors import UserError


class KeptPartials:
    """The engine's door to the partial responses of a result file; see ``PartialLog``."""

    def __init__(self, store: ResultStore) -> None:
        self._store = store
        self.every = store.partials.every if store.partials is not None else 0

    def append(self, request: Request, increment: Increment) -> None:
        if self._store.partials is not None:
            self._store.partials.append(request.sample, digest(request), increment)

    def up_to_date(self, request: Request) -> Request:
        """The request with what the journals have of its response."""
        return changed(request, partial=self._store.partial(request.sample, digest(request)))


def digest(request: Request) -> str:
    """A digest of what determines a response besides the settings of the run.

    Requests of one sample may differ: the second attempt of a rewrite has another temperature.
    """
    sampling = request.sampling
    fields = [chat_dicts(request.messages), sampling.temperature, sampling.top_p, sampling.seed, sampling.args]
    text = json.dumps(fields, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def more_of(completion: Completion) -> Fields:
    """What the journal keeps of a completion besides the response."""
    found: Fields = {"partial": cut_fields(completion.cut)} if completion.cut is not None else {}
    return found | ({"paid": usage_fields(completion.paid)} if completion.paid is not None else {})


async def tokens_of(engine: Engine, option: str) -> Tokens:
    """What the engine's model makes of texts. option: of the command that needs it.

    Raises:
        UserError: the engine does not go on from tokens.
    """
    if not isinstance(engine, Tokenizing):
        raise UserError(f"{option} needs vLLM (in this process, on Ray or behind a server).")
    return await engine.tokens()


def connect(engine: Engine, store: ResultStore) -> KeptPartials:
    """Let the engine write what responses in flight have gained to the file's journal, where it can."""
    kept = KeptPartials(store)
    if isinstance(engine, Continuing):
        engine.keep(kept)
    return kept
