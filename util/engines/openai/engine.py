"""An OpenAI-compatible API as an engine: many keys, bounded retries, nothing paid twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from util.engines.base import Completion, Request
from util.engines.openai.bounded import bounded
from util.engines.openai.key_ring import Closed, Key, KeyRing, NoKeyLeft, duration
from util.engines.openai.outcomes import NO_USAGE, Attempt, Done, OtherKey, Refused, Retry, Scope, added
from util.engines.openai.wire import (
    billed_usage,
    body_of,
    completion_of,
    not_sendable,
    quota_is_gone,
    raised_fault,
    read_json,
    refusal,
    refused_everything,
)
from util.engines.options import ApiOptions
from util.engines.prices import Budget, estimated_tokens
from util.records import Usage
from util.system.credentials import base_url_of, read_keys
from util.system.errors import UserError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CONCURRENCY = 256
"""Maximum of requests in flight without --concurrency; reached only as fast as answers come."""

DRAIN_SECONDS = 30.0
MAX_WAITS = 100
"""How often one request may be sent with a key that turns out to be rate limited or dead."""

HOPELESS = 5
"""Refusals without a single success after which the run itself is at fault."""


@dataclass(frozen=True)
class _Suspect:
    """A refused request; a success of another one shows that the fault is its own, and not the command's."""

    request: Request
    message: str

    def settled(self, *, final: bool) -> Completion:
        return Completion.failed(self.request, self.message, final=final)


@dataclass(frozen=True)
class _NotSent:
    """The run stopped before the request was sent."""


_End = Done | _Suspect | _NotSent | UserError
"""What becomes of one request; a UserError ends the run."""


class OpenAIEngine:
    """The engine protocol on top of ``openai.AsyncOpenAI``, with one client per key."""

    drain_seconds = DRAIN_SECONDS

    def __init__(self, model: str, options: ApiOptions, budget: Budget) -> None:
        self.model, self.budget = model, budget
        self.base_url = base_url_of(options.base_url)
        self._keys = read_keys(options.keys, self.base_url)
        self._options = options
        self._ring: KeyRing | None = None
        self._stop_at: float | None = None
        """When to stop waiting for what is in flight; None while the run goes on."""
        self._succeeded = self._refused = 0

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai", "base_url": self.base_url or "default", "device": "api"}

    def stop(self) -> None:
        """Send nothing more; what is in flight is still yielded."""
        self._stop_at = self._stop_at or time.monotonic() + self.drain_seconds
        if self._ring is not None:
            self._ring.close()

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as it arrives.

        Raises:
            UserError: no key is left, the budget is used up, or the API refuses everything;
                what was in flight has been yielded before.
        """
        import openai

        clients = [openai.AsyncOpenAI(api_key=key, base_url=self.base_url, max_retries=0) for key in self._keys]
        ring = KeyRing(clients, self._options.concurrency or CONCURRENCY, self._options.rpm, self._options.tpm)
        self._ring, self._stop_at = ring, None
        suspects: list[_Suspect] = []
        fault: UserError | None = None
        try:
            work = bounded(requests, partial(self._end_of, ring), partial(self._room, ring), self._overdue)
            async with aclosing(work) as ends:
                async for end in ends:
                    match end:
                        case Done(completion):
                            yield completion
                        case _Suspect():
                            suspects.append(end)
                        case UserError():
                            fault = fault or end
                            self.stop()
                    while suspects and self._succeeded:
                        yield suspects.pop(0).settled(final=True)
            for suspect in suspects:
                yield suspect.settled(final=False)
            if fault is not None:
                raise fault
        finally:
            for client in clients:
                await client.close()

    def _room(self, ring: KeyRing) -> int:
        """Requests in flight at most, including a few that wait for a key."""
        return 0 if self._stop_at else 2 * len(ring.live) + ring.concurrency

    def _overdue(self) -> bool:
        return self._stop_at is not None and time.monotonic() > self._stop_at

    # -- one request ------------------------------------------------------------------------------------------------

    async def _end_of(self, ring: KeyRing, request: Request) -> _End:
        try:
            return await self._complete(ring, request)
        except Closed:
            return _NotSent()
        except UserError as error:
            return error

    async def _complete(self, ring: KeyRing, request: Request) -> Done | _Suspect:
        """Send one request until it is answered, refused or out of tries.

        Raises:
            UserError: the run cannot go on. Closed: it is stopping.
        """
        tokens = estimated_tokens(request)
        last = Retry("it was never sent")
        wasted = NO_USAGE
        retries = waits = 0
        while True:
            try:
                key = await ring.acquire(tokens)
            except NoKeyLeft:
                raise UserError(_no_key_left(ring)) from None
            match await self._attempt(ring, key, request, tokens):
                case Done() as done:
                    return done
                case Refused() as refused:
                    return self._refusal(request, refused)
                case OtherKey(failure):  # the key's trouble, not the request's: the ring decides when it goes again
                    last = Retry(failure)
                    waits += 1
                    if waits >= MAX_WAITS:
                        return self._given_up(request, last, wasted)
                case Retry() as last:
                    wasted = added(wasted, last.usage)
                    retries += 1
                    if retries > self._options.max_retries:
                        return self._given_up(request, last, wasted)
                    await asyncio.sleep(_backoff(retries - 1) if last.after is None else last.after)

    async def _attempt(self, ring: KeyRing, key: Key, request: Request, tokens: float) -> Attempt:
        """Send a request once.

        Raises:
            UserError: it would exceed the budget.
        """
        import openai

        headers: Any = None
        planned = 0.0
        try:
            body = body_of(self.model, request)
            if (fault := not_sendable(body)) is not None:
                return Refused(Scope.REQUEST, f"the request cannot be sent: {fault}")
            planned = self.budget.reserve(request)
            raw = await key.client.chat.completions.with_raw_response.create(**body)
            headers = raw.headers
            answer = self._answer(request, raw.content)
            if isinstance(answer, Done):
                self._succeeded += 1
                ring.succeeded(key)
            return answer
        except openai.APIStatusError as error:
            headers = error.response.headers
            return _failed_status(ring, key, error)
        except openai.APIConnectionError as error:
            return Retry(_described(error), unreachable=_cause(error))
        except (openai.APIError, ValueError) as error:  # a header that cannot be sent raises ValueError
            return Retry(_described(error))
        finally:
            self.budget.release(planned)
            ring.release(key, tokens, headers)

    def _answer(self, request: Request, content: bytes) -> Done | Retry:
        """What the body of an answer with a success status comes to; it is paid for in any case."""
        usage = NO_USAGE
        try:
            body = read_json(content)
            usage = billed_usage(body)
            self.budget.spend(usage)
            return Done(completion_of(request, body))
        except ValueError as error:
            return Retry(str(error)[:500], usage=usage)

    def _refusal(self, request: Request, refused: Refused) -> Done | _Suspect:
        match refused.scope:
            case Scope.COMMAND:
                raise UserError(refused.message)
            case Scope.UNCLEAR if not self._succeeded:
                self._refused += 1
                if self._refused >= HOPELESS:
                    raise UserError(refused_everything(refused.message))
                return _Suspect(request, refused.message)
        return Done(Completion.failed(request, refused.message, final=True))

    def _given_up(self, request: Request, last: Retry, wasted: Usage) -> Done:
        if last.unreachable and not self._succeeded:
            self._refused += 1
            if self._refused >= HOPELESS or self._options.max_retries >= HOPELESS:
                raise UserError(
                    f"{self.base_url or 'The API'} cannot be reached ({last.unreachable}). Check --base-url and the "
                    "network; rerun the same command to continue."
                )
        return Done(Completion.failed(request, last.failure, final=False, usage=wasted))


def _failed_status(ring: KeyRing, key: Key, error: Any) -> OtherKey | Retry | Refused:
    """What an error status means for the key and the request."""
    headers, fault = error.response.headers, raised_fault(error)
    if fault.status in (401, 403):
        ring.retire(key, f"the API refuses it (status {fault.status})")
        return OtherKey(_described(error))
    if fault.status == 429:
        if quota_is_gone(error):
            ring.retire(key, "its quota is used up")
        else:
            pause = duration(headers.get("retry-after-ms", "") + "ms") or duration(headers.get("retry-after"))
            ring.limited(key, min(pause if pause is not None else FIRST_PAUSE, LONGEST_PAUSE))
        return OtherKey(_described(error))
    if fault.passing:
        return Retry(_described(error), duration(headers.get("retry-after")))
    return refusal(fault)


def _backoff(attempt: int) -> float:
    """Exponential with jitter: half of it is fixed, so that waits do not shrink to nothing."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)


def _no_key_left(ring: KeyRing) -> str:
    reasons = "; ".join(f"...{key.tail}: {key.retired}" for key in ring.keys)
    return (
        f"No API key is left ({reasons}). Everything finished is kept; rerun the same command with working keys to "
        "continue."
    )


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:200]
