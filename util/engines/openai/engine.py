"""An OpenAI-compatible API as an engine: many keys, bounded retries, nothing paid twice."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from typing import Any

from util.engines.base import Completion, Request
from util.engines.openai.key_ring import Closed, Key, KeyRing, NoKeyLeft, duration
from util.engines.openai.wire import (
    body_of,
    completion_of,
    is_own_fault,
    names_token_limit,
    quota_is_gone,
    spent_on,
    usage_of,
)
from util.engines.prices import Budget, estimated_tokens
from util.system.credentials import base_url_of, read_keys
from util.system.errors import UserError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CONCURRENCY = 256
"""Requests in flight at most where the user does not say; it is reached only as fast as answers come."""

DRAIN_SECONDS = 30.0
_REFUSED = "API status"
ANOTHER_KEY = -1.0
MAX_WAITS = 100
"""How often one request may meet a key that is at its limit, or dead."""

HOPELESS = 5
"""Refusals without a single success after which the run itself is at fault."""


@dataclass(frozen=True)
class ApiLimits:
    """What the command line says; rpm and tpm are per key and minute. concurrency: None adapts."""

    concurrency: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    max_retries: int = 6


class OpenAIEngine:
    """The engine protocol on top of ``openai.AsyncOpenAI``, one client for each key."""

    drain_seconds = DRAIN_SECONDS

    def __init__(self, model: str, *, base_url: str | None, keys: Any, limits: ApiLimits, budget: Budget) -> None:
        self.model = model
        self.base_url = base_url_of(base_url)
        self._keys = read_keys(keys, self.base_url)
        self._limits = limits
        self.budget = budget
        self._ring: KeyRing | None = None
        self._stop_at: float | None = None
        """When to wait no longer for what is in flight; None while nothing stops."""
        self._succeeded = self._refused = 0
        self._suspects: list[Completion] = []
        """Refusals that may be the command's fault: a success shows that they are the requests' own."""

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai", "base_url": self.base_url or "default", "device": "api"}

    def stop(self) -> None:
        """Send nothing more; what is in flight is still yielded."""
        self._stop_at = self._stop_at or time.monotonic() + self.drain_seconds
        if self._ring is not None:
            self._ring.close()

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as it arrives.

        Raises:
            UserError: no key is left, the budget is used up, or the API refuses everything;
                what was in flight has been yielded before.
        """
        import openai

        clients = [openai.AsyncOpenAI(api_key=key, base_url=self.base_url, max_retries=0) for key in self._keys]
        self._ring = ring = KeyRing(
            clients, self._limits.concurrency or CONCURRENCY, self._limits.rpm, self._limits.tpm
        )
        self._stop_at, self._suspects = None, []
        source = iter(requests)
        running: set[asyncio.Task[Completion]] = set()
        ended: UserError | None = None
        try:
            while True:
                room = 0 if self._stop_at else 2 * len(ring.live) + ring.concurrency - len(running)
                for request in itertools.islice(source, max(0, room)):
                    running.add(asyncio.create_task(self._complete(ring, request)))
                if not running:
                    break
                done, running = await asyncio.wait(running, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
                # What was paid for comes first: a failure in the same round must not cost it.
                for task in sorted(done, key=lambda task: task.exception() is not None):
                    error = task.exception()
                    if error is None:
                        for completion in self._settled(task.result()):
                            yield completion
                    elif isinstance(error, UserError):
                        ended = ended or error
                        self.stop()
                    elif not isinstance(error, Closed):
                        raise error
                if not done and self._stop_at and time.monotonic() > self._stop_at:
                    break
            for completion in self._suspects:
                yield completion
            if ended is not None:
                raise ended
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for client in clients:
                await client.close()

    def _settled(self, completion: Completion) -> list[Completion]:
        if completion.finish_reason == "error" and completion.error.startswith(_REFUSED) and not completion.final:
            self._suspects.append(completion)
        elif completion.finish_reason == "error":
            return [completion]
        if not self._succeeded:
            return []
        settled = [replace(suspect, final=True) for suspect in self._suspects]
        self._suspects = []
        return settled if completion.finish_reason == "error" else [completion, *settled]

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def _complete(self, ring: KeyRing, request: Request) -> Completion:
        """One request to its end: an answer, or a failure that says why."""
        tokens = estimated_tokens(request)
        failure: Exception | None = None
        faults = waits = 0
        while faults <= self._limits.max_retries and waits < MAX_WAITS:
            try:
                key = await ring.acquire(tokens)
            except NoKeyLeft:
                raise UserError(_no_key_left(ring)) from failure
            outcome = await self._try(ring, key, request, tokens)
            if isinstance(outcome, Completion):
                return outcome
            failure, pause = outcome
            if pause == ANOTHER_KEY:
                waits += 1  # the key's trouble, not the request's: the ring says when it may go
                continue
            faults += 1
            if faults <= self._limits.max_retries:
                await asyncio.sleep(_backoff(faults - 1) if pause is None else pause)
        return self._given_up(request, failure)

    async def _try(
        self, ring: KeyRing, key: Key, request: Request, tokens: float
    ) -> Completion | tuple[Exception, float | None]:
        """One attempt: a completion, or (failure, seconds to wait or None for the usual) if another may help."""
        import openai

        headers: Any = None
        planned = 0.0
        try:
            planned = self.budget.reserve(request)
            raw = await key.client.chat.completions.with_raw_response.create(**body_of(self.model, request))
            headers = raw.headers
            answer = raw.parse()
            spent_on(self.budget, usage_of(answer))
            completion = completion_of(request, answer)
            self._succeeded += 1
            ring.succeeded(key)
            return completion
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            ring.retire(key, f"the API refuses it (status {error.status_code})")
            return error, ANOTHER_KEY
        except openai.RateLimitError as error:
            headers = error.response.headers
            if quota_is_gone(error):
                ring.retire(key, "its quota is used up")
                return error, ANOTHER_KEY
            pause = duration(headers.get("retry-after-ms", "") + "ms") or duration(headers.get("retry-after"))
            ring.limited(key, min(pause if pause is not None else FIRST_PAUSE, LONGEST_PAUSE))
            return error, ANOTHER_KEY
        except openai.APIStatusError as error:
            headers = error.response.headers
            if error.status_code in (408, 409) or error.status_code >= 500:
                return error, duration(headers.get("retry-after"))
            return self._refused_request(request, error)
        except (openai.APIError, ValueError) as error:  # connection faults, timeouts, bodies that are no answer
            return error, None
        finally:
            self.budget.release(planned)
            ring.release(key, tokens, headers)

    def _refused_request(self, request: Request, error: Any) -> Completion:
        """A 4xx: the request's own fault is final; a fault of the command ends the run."""
        message = f"{_REFUSED} {error.status_code}: {error.message}"[:500]
        if names_token_limit(error):
            raise UserError(f"{message}. Give a smaller --max-tokens. Everything finished is kept.")
        if is_own_fault(error) or (error.status_code in (400, 413, 422) and self._succeeded):
            return Completion.failed(request, message, final=True)
        self._refused += 1
        if error.status_code in (402, 404, 405) or (self._refused >= HOPELESS and not self._succeeded):
            raise UserError(
                f"The API refuses every request: {message}. Check --model, --base-url and the options; everything "
                "finished is kept, rerun the same command to continue."
            )
        return Completion.failed(request, message, final=False)

    def _given_up(self, request: Request, failure: Exception | None) -> Completion:
        import openai

        if isinstance(failure, openai.APIConnectionError) and not self._succeeded:
            self._refused += 1
            if self._refused >= HOPELESS or self._limits.max_retries >= HOPELESS:
                raise UserError(
                    f"{self.base_url or 'The API'} cannot be reached ({_cause(failure)}). Check --base-url and the "
                    "network; rerun the same command to continue."
                )
        return Completion.failed(request, f"{type(failure).__name__}: {failure}"[:500], final=False)


def _backoff(attempt: int) -> float:
    """Exponential with jitter: half of it is fixed, so that waits do not shrink to nothing."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)


def _no_key_left(ring: KeyRing) -> str:
    reasons = "; ".join(f"...{key.tail}: {key.retired}" for key in ring.keys)
    return (
        f"No API key is left ({reasons}). Everything finished is kept; rerun the same command with working keys to "
        "continue."
    )


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:200]
