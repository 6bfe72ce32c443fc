"""An OpenAI-compatible API as an engine: many keys and servers, bounded retries, nothing paid twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from util.engines.base import Completion, Note, PartialLog, Request, Spent
from util.engines.openai.api_key import SAFE_START, Key, Ticket
from util.engines.openai.attempt import Sender
from util.engines.openai.bounded import bounded
from util.engines.openai.connection import Connection
from util.engines.openai.costs import Costs
from util.engines.openai.dialect import OWN_SERVERS, Dialect
from util.engines.openai.key_ring import Closed, KeyRing, NoKeyLeft, NoServerAnswers, TooLongAWait
from util.engines.openai.outcomes import Done, OtherKey, Refused, Resend, Retry, Scope, Unreachable
from util.engines.openai.patience import WaitLimits
from util.engines.openai.rates import Bucket
from util.engines.openai.ring_state import state_lines
from util.engines.openai.run_faults import nothing_left, refused_everything
from util.engines.openai.sending import Learned, Sending
from util.engines.openai.served_models import probe
from util.engines.openai.server_tokens import ServerTokens, tokens_of
from util.engines.openai.sites import Site
from util.engines.options import ApiOptions
from util.engines.prices import Budget, estimated_tokens
from util.system.advice import rerun
from util.system.errors import UserError
from util.system.servers import servers_of

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
CONCURRENCY = 256
"""Maximum of requests in flight per server without --concurrency; reached only as fast as answers come."""

DRAIN_SECONDS = 30.0
MAX_WAITS = 100
"""How often one request may be sent with a key that turns out to be rate limited or dead."""

MAX_CHANGES = 6
"""How often one request may be sent in another form."""

MAX_EMPTY = 2
"""Further tries after an empty answer."""

HOPELESS = 5
"""Refusals without a single success after which the run itself is at fault."""


@dataclass(frozen=True)
class _Suspect:
    """A refused request; a success of another one shows that the fault is its own, and not the command's."""

    sending: Sending
    message: str

    def settled(self, *, final: bool) -> Completion:
        return Completion.failed(self.sending.request, self.message, final=final, usage=self.sending.wasted)


@dataclass(frozen=True)
class _NotSent:
    """The run stopped before the request was sent."""


_End = Done | _Suspect | _NotSent | UserError
"""What becomes of one request; a UserError ends the run."""


class OpenAIEngine:
    """The engine protocol on top of one or several OpenAI-compatible servers."""

    drain_seconds = DRAIN_SECONDS
    fetches_batches = False

    def __init__(self, model: str, options: ApiOptions, budget: Budget) -> None:
        self.model, self.budget, self._options = model, budget, options
        self.servers = servers_of(options.base_urls, options.keys)
        dialect = Dialect(
            model,
            self.servers[0].url,
            streams=options.stream,
            given=options.given,
            extra=options.request_args or {},
            template=options.template,
            fixed=options.fixed_sampling,
        )
        limits = WaitLimits(options.first_token_timeout, options.idle_timeout)
        self._learned = Learned(dialect, list[Note]().append)
        self._sender = Sender(self._learned, Costs(budget), limits)
        self._ring: KeyRing | None = None
        self._stop_at: float | None = None
        """When to stop waiting for what is in flight; None while the run goes on."""
        self._refused = 0
        self._sent = 0

    def describe(self) -> dict[str, Any]:
        urls = [server.shown for server in self.servers]
        found: dict[str, Any] = {"backend": "openai", "base_url": urls[0] if len(urls) == 1 else urls, "device": "api"}
        if self.budget.price is not None:
            found["price"] = list(self.budget.price)
        adapted = self._learned.dialect.described()
        return found | ({"adapted": adapted} if adapted else {})

    def state(self) -> list[str]:
        """How its keys and servers are; nothing before they are asked."""
        return state_lines(self._ring.keys, self._ring.sites) if self._ring is not None else []

    def attach(self, notes: list[Note], write: Callable[[Note], None]) -> None:
        """Take over what earlier runs learned of these servers, and write down what this one learns."""
        for note in notes:
            if isinstance(note.get("adapted"), dict):
                self._learned.dialect.adopt(note["adapted"])
        self._learned.write = write

    def account(self, spent: Spent) -> None:
        """Report every attempt to ``spent``."""
        self._sender.costs.spent = spent

    def keep(self, log: PartialLog) -> None:
        """Write what responses in flight have gained to ``log``."""
        self._sender.log = log
        self._learned.dialect.tells_tokens = log.every > 0

    async def tokens(self) -> ServerTokens:
        """The model's tokens of texts. Raises: UserError: the server is none that goes on from tokens."""
        return await tokens_of(self.servers[0], self._learned.dialect)

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
            UserError: no key or server is left, the budget is used up, or the API refuses everything;
                what was in flight has been yielded before.
        """
        sites = [Site(server, Connection(server)) for server in self.servers]
        self._stop_at = None
        suspects: list[_Suspect] = []
        fault: UserError | None = None
        try:
            ring = self._ring = await self._opened(sites)
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
                    while suspects and self._learned.succeeded:
                        yield suspects.pop(0).settled(final=True)
            for suspect in suspects:
                yield suspect.settled(final=False)
            if fault is not None:
                raise fault
        finally:
            for site in sites:
                await site.connection.close()

    async def _opened(self, sites: list[Site]) -> KeyRing:
        """The keys of all servers, after a look at what they serve."""
        await probe(sites, self.model, self._learned.dialect)
        options = self._options
        concurrency = options.concurrency or CONCURRENCY * len(sites)
        # A server of one's own has no rate limits: it queues what it cannot do at once.
        count = sum(len(site.server.keys) for site in sites)
        start = concurrency / count if self._learned.dialect.kind in OWN_SERVERS else SAFE_START
        keys = [
            Key(site, key, Bucket(options.rpm), Bucket(options.tpm), parallel=min(max(start, 1.0), concurrency))
            for site in sites
            for key in site.server.keys
        ]
        return KeyRing(keys, concurrency, options.max_wait)

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
        self._sent += 1
        sending = Sending(request, estimated_tokens(request), age=self._sent)
        failure = "it was never sent"
        while True:
            ticket = await self._ticket_for(ring, sending, failure)
            found = await self._sender.attempt(ring, ticket, sending)
            if ticket.key.site.is_down:  # another one tries next: this request may be why the server fails
                self._sent += 1
                sending.age = self._sent
            match found:
                case Done(completion):
                    return Done(completion)
                case Refused() as refused:
                    return self._refusal(sending, refused)
                case Resend(failure, max_tokens):
                    if max_tokens is not None:
                        sending.limits[ticket.key.site] = max_tokens
                    sending.changes += 1
                    if sending.changes > MAX_CHANGES:
                        return self._refusal(sending, Refused(Scope.UNCLEAR, failure))
                case Unreachable(failure):
                    continue
                case OtherKey(failure):  # the key's trouble, not the request's: the ring decides when it goes again
                    sending.waits += 1
                    if sending.waits >= MAX_WAITS:
                        return self._given_up(sending, failure)
                case Retry(failure, after) as retry:
                    sending.retries += 1
                    sending.empties += retry.empty
                    if sending.retries > self._options.max_retries or sending.empties > MAX_EMPTY:
                        return self._given_up(sending, failure)
                    sending.elsewhere = ring.elsewhere(ticket.key.site) if sending.retries == 1 else frozenset()
                    if not sending.elsewhere:  # another server may take it at once
                        await asyncio.sleep(_backoff(sending.retries - 1) if after is None else after)

    async def _ticket_for(self, ring: KeyRing, sending: Sending, failure: str) -> Ticket:
        """A key for the next attempt.

        Raises:
            UserError: there is none, or none for longer than the run may wait. Closed: the run is stopping.
        """
        try:
            return await ring.ticket(sending.tokens, sending.avoid | sending.elsewhere, sending.age)
        except NoKeyLeft:
            raise UserError(nothing_left(ring)) from None
        except TooLongAWait as error:
            raise UserError(
                f"Every key is at its rate limit until {error} ({failure}). Everything finished is kept; {rerun()} then, "
                "or raise --max-wait."
            ) from None
        except NoServerAnswers as error:
            raise UserError(
                f"No server can be reached ({error}). Check --base-url and the network. Everything finished is kept; "
                f"{rerun()} to continue."
            ) from None

    def _refusal(self, sending: Sending, refused: Refused) -> Done | _Suspect:
        match refused.scope:
            case Scope.COMMAND:
                raise UserError(refused_everything(refused.message))
            case Scope.UNCLEAR if not self._learned.succeeded:
                self._refused += 1
                if self._refused >= HOPELESS:
                    raise UserError(refused_everything(refused.message))
                return _Suspect(sending, refused.message)
        made = Completion.failed(
            sending.request, refused.message, final=True, usage=sending.wasted, partial=sending.partial
        )
        return Done(made)

    def _given_up(self, sending: Sending, failure: str) -> Done:
        return Done(
            Completion.failed(sending.request, failure, final=False, usage=sending.wasted, partial=sending.partial)
        )


def _backoff(attempt: int) -> float:
    """Exponential with jitter: half of it is fixed, so that waits do not shrink to nothing."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
