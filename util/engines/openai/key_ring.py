"""API keys at one or several servers: each with its own rate limits, pauses and retirement.

A key's capacity is a token bucket, as OpenAI's is: ``limit`` requests (and tokens) per minute that refill evenly. The
server's ``x-ratelimit-*`` headers replace what was assumed. Requests in flight per key start low, grow with success and
halve at a 429; where a rate limit is known, it alone decides.
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import math
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from util.engines.openai.api_key import Key, Ticket
from util.engines.openai.rates import clock_time
from util.engines.openai.sites import Site

CATCH_UP = 20.0
"""How many turns a key that paused may make up for afterwards."""

LONG_WAIT = 30.0
"""Seconds; a longer wait is shown."""


class Closed(Exception):
    """The run is stopping; the request was not sent."""


class NoKeyLeft(Exception):
    """Every key is retired, or its server is out."""


class TooLongAWait(Exception):
    """Every key must wait longer than the run may wait. Its text says for what, and until when."""


class NoServerAnswers(Exception):
    """No server can be reached. Its text says which, and why."""


@dataclass(order=True)
class _Waiter:
    """A request that waits for a key. tokens: what it is expected to use. avoid: see ``KeyRing.ticket``."""

    age: float
    serial: int
    tokens: float = field(compare=False)
    avoid: Collection[Key] = field(compare=False)
    found: asyncio.Future[Ticket] = field(compare=False)


class KeyRing:
    """Hands the keys to requests, in the order of the requests' age, skipping keys that are at a limit.

    Each request goes to the ready key with the smallest virtual time: start-time fair queueing (Goyal, Vin and Cheng,
    1996), weighted by what the limits of the keys allow, over all servers. Where a limit is not known, the server with
    most room is chosen first.
    """

    def __init__(self, keys: list[Key], concurrency: int, max_wait: float) -> None:
        """concurrency: in flight at most, over all keys. max_wait: seconds of a wait that end the run."""
        self.keys, self.concurrency, self.max_wait = keys, concurrency, max_wait
        self._waiting: list[_Waiter] = []
        self._serial = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0.0
        """Virtual time: the start of the last turn."""
        self._closed = False
        self._shown_until = 0.0

    @property
    def live(self) -> list[Key]:
        return [key for key in self.keys if not key.retired and not key.site.out]

    @property
    def sites(self) -> list[Site]:
        return list({id(key.site): key.site for key in self.keys}.values())

    def elsewhere(self, site: Site) -> frozenset[Key]:
        """The keys of a server, where another server is up; else nothing."""
        if all(key.site is site or key.site.is_down for key in self.live):
            return frozenset()
        return frozenset(key for key in self.keys if key.site is site)

    async def acquire(self, tokens: float, avoid: Collection[Key] = ()) -> Key:
        """``ticket`` for a request that came last; its key."""
        return (await self.ticket(tokens, avoid)).key

    async def ticket(self, tokens: float, avoid: Collection[Key] = (), age: float = math.inf) -> Ticket:
        """Wait until a key may send, and count the request.

        tokens: what it is expected to use. avoid: keys that have refused this request; used where no other is left.
        age: smaller for older requests, which go first.

        Raises:
            NoKeyLeft, TooLongAWait, NoServerAnswers: see there. Closed: the run is stopping.
        """
        found: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(age, next(self._serial), tokens, avoid, found)
        bisect.insort(self._waiting, waiter)
        self._hand_out()
        try:
            return await found
        except asyncio.CancelledError:
            if found.done() and not found.cancelled() and found.exception() is None:
                found.result().key.give_back(None)
            raise
        finally:
            self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        place = bisect.bisect_left(self._waiting, waiter)
        if place < len(self._waiting) and self._waiting[place] is waiter:
            del self._waiting[place]

    def _hand_out(self) -> None:
        """Give keys to the requests that wait, and set a timer for those that must wait on.

        A request that can get no key holds back those behind it, so that smaller ones do not pass it for ever; one that
        avoids keys does not.
        """
        soonest, place = math.inf, 0
        while place < len(self._waiting):
            waiter = self._waiting[place]
            if waiter.found.done():  # cancelled
                del self._waiting[place]
                continue
            try:
                ticket, wait = self._try(waiter)
            except (Closed, NoKeyLeft, TooLongAWait, NoServerAnswers) as error:
                del self._waiting[place]
                waiter.found.set_exception(error)
                continue
            if ticket is None:
                soonest = min(soonest, wait)
                if not waiter.avoid:
                    break
                place += 1
                continue
            del self._waiting[place]
            waiter.found.set_result(ticket)
        self._wake_in(soonest)

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and seconds < math.inf:
            self._timer = self._waiting[0].found.get_loop().call_later(seconds, self._hand_out)

    def _try(self, waiter: _Waiter) -> tuple[Ticket | None, float]:
        """A key for a request, or None and the seconds until one may be free, infinity where an answer must come first.

        Raises:
            NoKeyLeft, TooLongAWait, NoServerAnswers, Closed: see ``ticket``.
        """
        if self._closed:
            raise Closed
        live = self.live
        if not live:
            raise NoKeyLeft
        usable = [key for key in live if key not in waiter.avoid] or live
        waits = [(key.wait(waiter.tokens), key) for key in usable]
        ready = [key for wait, key in waits if wait == 0.0]
        if ready and sum(key.in_flight for key in live) < self.concurrency:
            return self._next(ready, live).take(waiter.tokens), 0.0
        self._check_sites(live)
        timed = [(wait, key) for wait, key in waits if wait]
        busy = len(timed) < len(waits)
        if timed and not ready and not busy:
            self._check_wait(*min(timed, key=lambda each: each[0]))
        return None, min((wait for wait, _ in timed), default=math.inf) if not ready else math.inf

    def _next(self, ready: list[Key], live: list[Key]) -> Key:
        """The key that is next, with its turn counted. One that was never used is first, so that its limits are known."""
        ready = [key for key in ready if not key.sent] or ready
        rates = {key: key.rate() for key in live}
        if any(rates[key] is None for key in ready):
            room: dict[Site, int] = {}
            for key in ready:
                room[key.site] = room.get(key.site, 0) + key.most_in_flight() - key.in_flight
            most = max(room.values())
            ready = [key for key in ready if room[key.site] == most]
        # Fair shares however long answers take; a key that paused catches up by a few turns, not by all.
        earliest = self._turn - CATCH_UP
        found = min(ready, key=lambda key: max(key.turn, earliest))
        known = [rate for rate in rates.values() if rate is not None]
        mean = sum(known) / len(known) if known else 1.0
        start = max(found.turn, earliest)
        self._turn = max(self._turn, start)
        found.turn = start + mean / max(rates[found] or mean, mean * 1e-3)
        return found

    def _check_sites(self, live: list[Key]) -> None:
        sites = list({id(key.site): key.site for key in live}.values())
        if all(site.is_hopeless(self.max_wait, ever=any(each.reached for each in self.sites)) for site in sites):
            raise NoServerAnswers("; ".join(f"{site.server.shown}: {site.fault}" for site in sites))

    def _check_wait(self, wait: float, key: Key) -> None:
        """Show a long wait once, with the time at which it ends.

        Raises:
            TooLongAWait: it is longer than the run may wait.
        """
        until = time.monotonic() + wait
        if key.site.is_down:
            return
        when = clock_time(wait)
        if wait > self.max_wait:
            raise TooLongAWait(when)
        if wait > LONG_WAIT and until > self._shown_until + 1.0:
            self._shown_until = until
            print(f"every key is at its rate limit: waiting until {when}", file=sys.stderr)

    def close(self) -> None:
        """Hand out no more keys, also to requests that wait already."""
        self._closed = True
        self._hand_out()

    def release(self, key: Key, tokens: float, headers: Mapping[str, str] | None, seconds: float) -> None:
        """A request has ended. headers: those of its answer, where ``told`` has not had them. seconds: since it was sent."""
        key.give_back(seconds)
        if headers is not None:
            key.told(headers, None)
        self._hand_out()

    def told(self, ticket: Ticket, headers: Mapping[str, str]) -> None:
        """The head of an answer has come."""
        ticket.key.told(headers, ticket)

    def succeeded(self, key: Key) -> None:
        """An answer has begun. Allow more requests in flight: doubling at first, linearly after the first 429."""
        key.parallel = min(self.concurrency, key.parallel + (1.0 if key.grows_fast else 1.0 / key.parallel))
        key.requests.faster()
        key.tokens.faster()
        key.answered += 1
        key.refusals = 0
        key.site.came_back()
        self._hand_out()

    def limited(self, key: Key, pause: float) -> None:
        """After a 429: pause the key; without a known rate halve its requests in flight, else slow its rate down."""
        now = time.monotonic()
        if now >= key.paused_until:  # once per burst, not for each of its requests
            if key.rate() is None:
                key.parallel, key.grows_fast = max(1.0, key.parallel / 2), False
            key.requests.slower()
            key.tokens.slower()
            key.requests.shut(pause, 1.0)
            key.tokens.shut(pause, key.mean_tokens)
        key.paused_until = max(key.paused_until, now + pause)

    def retire(self, key: Key, reason: str) -> None:
        """Never use a key again, and print why."""
        if not key.retired:
            key.retired = reason
            where = f" at {key.site.server.shown}" if len(self.sites) > 1 else ""
            print(
                f"key ...{key.tail}{where} is out: {reason}; {len(self.live)} of {len(self.keys)} keys left",
                file=sys.stderr,
            )
        self._hand_out()

    def failed(self, site: Site, fault: str) -> None:
        """A server could not be reached."""
        site.failed(fault, many=len(self.sites) > 1)
        self._hand_out()

    def put_out(self, site: Site, reason: str) -> None:
        """Never use a server again, and print why."""
        if not site.out:
            site.out = reason
            print(f"server {site.server.shown} is out: {reason}", file=sys.stderr)
        self._hand_out()
