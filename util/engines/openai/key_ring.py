"""API keys at one or several servers: each with its own rate limits, pauses and retirement.

A key's capacity is a token bucket, as OpenAI's is: ``limit`` requests (and tokens) per minute that refill evenly. The
server's ``x-ratelimit-*`` headers replace what was assumed. Requests in flight per key start low, grow with success and
halve at a 429, but are never fewer than a known rate limit allows at the answers' usual duration.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from util.engines.openai.rates import MINUTE, Bucket, clock_time, number
from util.engines.openai.sites import Site

SAFE_START = 4
"""Requests in flight per key before the first answer."""

CATCH_UP = 20.0
"""How many turns a key that paused may make up for afterwards."""

LONG_WAIT = 30.0
"""Seconds; a longer wait is shown."""


@dataclass(eq=False)
class Key:
    """One key at one server, and what is known of its capacity. secret: the key. retired: why it is not used any more.

    turn: virtual time of its last request (see ``KeyRing``). latency: seconds that its requests usually take.
    refusals: 403s without a reason in a row.
    """

    site: Site
    secret: str
    requests: Bucket
    tokens: Bucket
    parallel: float = SAFE_START
    grows_fast: bool = True
    in_flight: int = 0
    tokens_in_flight: float = 0.0
    turn: float = 0.0
    paused_until: float = 0.0
    latency: float = 0.0
    sent: int = 0
    mean_tokens: float = 0.0
    answered: int = 0
    refusals: int = 0
    retired: str = ""

    @property
    def tail(self) -> str:
        return self.secret[-4:]

    def rate(self) -> float | None:
        """Requests per minute that its limits allow; None where no limit is known."""
        found = [self.requests.limit] if self.requests.limit is not None else []
        if self.tokens.limit is not None and self.mean_tokens:
            found.append(self.tokens.limit / self.mean_tokens)
        return min(found, default=None)

    def most_in_flight(self) -> int:
        """Its parallelism; where a rate is known, at least twice what that rate needs (Little's law)."""
        rate = self.rate()
        needed = 2.0 * rate / MINUTE * self.latency + SAFE_START if rate is not None and self.latency else 0.0
        return int(max(1.0, self.parallel, needed))

    def wait(self, tokens: float) -> float | None:
        """Seconds until a request may be sent; None where an answer must come first."""
        if self.in_flight >= self.most_in_flight() or not self.site.has_room:
            return None
        now = time.monotonic()
        until = max(self.paused_until, self.site.down_until)
        return max(until - now, self.requests.wait(1), self.tokens.wait(tokens), 0.0)


class Closed(Exception):
    """The run is stopping; the request was not sent."""


class NoKeyLeft(Exception):
    """Every key is retired, or its server is out."""


class TooLongAWait(Exception):
    """Every key must wait longer than the run may wait. Its text says for what, and until when."""


class NoServerAnswers(Exception):
    """No server can be reached. Its text says which, and why."""


class KeyRing:
    """Hands requests to the keys in turn, skipping those that are at a limit.

    Each request goes to the ready key with the smallest virtual time: start-time fair queueing (Goyal, Vin and Cheng,
    1996), weighted by what the limits allow. Where all limits are known, the keys of all servers are in one queue; else
    the server with most room is next, and then one of its keys. A key counts once for each server.
    """

    def __init__(self, keys: list[Key], concurrency: int, max_wait: float) -> None:
        """concurrency: in flight at most, over all keys. max_wait: seconds of a wait that end the run."""
        self.keys, self.concurrency, self.max_wait = keys, concurrency, max_wait
        self._changed = asyncio.Event()
        self._line, self._head = asyncio.Lock(), asyncio.Lock()
        self._closed = False
        self._shown_until = 0.0

    @property
    def live(self) -> list[Key]:
        return [key for key in self.keys if not key.retired and not key.site.out]

    @property
    def sites(self) -> list[Site]:
        return list({id(key.site): key.site for key in self.keys}.values())

    async def acquire(self, tokens: float, avoid: Collection[Key] = (), *, again: bool = False) -> Key:
        """Wait until a key may send, and count the request.

        tokens: what it is expected to use. avoid: keys that have refused this request; used where no other is left.
        again: it was sent before, and goes before those that were not.

        Raises:
            NoKeyLeft, TooLongAWait, NoServerAnswers: see there. Closed: the run is stopping.
        """
        if avoid:  # it may wait for a key that others need not wait for
            return await self._wait(tokens, avoid)
        # Only the first in line looks at the keys: hundreds that look at each change are all that is done.
        if again:
            async with self._head:
                return await self._wait(tokens)
        async with self._line, self._head:
            return await self._wait(tokens)

    async def _wait(self, tokens: float, avoid: Collection[Key] = ()) -> Key:
        while True:
            if self._closed:
                raise Closed
            live = self.live
            if not live:
                raise NoKeyLeft
            usable = [key for key in live if key not in avoid] or live
            waits = [(key.wait(tokens), key) for key in usable]
            ready = [key for wait, key in waits if wait == 0.0]
            if ready and sum(key.in_flight for key in live) < self.concurrency:
                return self._taken(self._next(ready, live), tokens)
            self._check_sites(live)
            timed = [(wait, key) for wait, key in waits if wait]
            busy = len(timed) < len(waits)
            if timed and not ready and not busy:
                self._check_wait(*min(timed, key=lambda each: each[0]))
            self._changed.clear()
            until = min((wait for wait, _ in timed), default=None) if not ready else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), until)

    def _next(self, ready: list[Key], live: list[Key]) -> Key:
        """The key that is next, with its turn counted."""
        others = live
        if any(key.rate() is None for key in live):
            room: dict[int, int] = {}
            for key in ready:
                room[id(key.site)] = room.get(id(key.site), 0) + key.most_in_flight() - key.in_flight
            most = max(room.values())
            ready = [key for key in ready if room[id(key.site)] == most]
            others = [key for key in live if key.site is ready[0].site]
        found = min(ready, key=lambda key: key.turn)
        rates = [rate for key in others if (rate := key.rate()) is not None]
        mean = sum(rates) / len(rates) if rates else 1.0
        weight = (found.rate() or mean) / mean if mean else 1.0
        # Fair shares however long answers take; a key that paused catches up by a few turns, not by all.
        found.turn = max(found.turn, max(key.turn for key in others) - CATCH_UP) + 1.0 / max(weight, 1e-3)
        return found

    @staticmethod
    def _taken(key: Key, tokens: float) -> Key:
        key.in_flight += 1
        key.site.in_flight += 1
        key.tokens_in_flight += tokens
        key.sent += 1
        key.mean_tokens += (tokens - key.mean_tokens) / min(key.sent, 100)
        key.requests.take(1)
        key.tokens.take(tokens)
        return key

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
        self._changed.set()

    def release(self, key: Key, tokens: float, headers: Mapping[str, str] | None, seconds: float) -> None:
        """A request has ended. headers: those of its answer, if there was one. seconds: since it was sent."""
        key.in_flight -= 1
        key.site.in_flight -= 1
        key.tokens_in_flight -= tokens
        key.latency += (seconds - key.latency) * (0.2 if key.latency else 1.0)
        if headers is not None:
            for bucket, name, amount in ((key.requests, "requests", 1.0), (key.tokens, "tokens", tokens)):
                limit = number(headers.get(f"x-ratelimit-limit-{name}"))
                remaining = number(headers.get(f"x-ratelimit-remaining-{name}"))
                bucket.update(limit, remaining, amount, seconds)
        self._changed.set()

    def succeeded(self, key: Key) -> None:
        """An answer has begun. Allow more requests in flight: doubling at first, linearly after the first 429."""
        key.parallel = min(self.concurrency, key.parallel + (1.0 if key.grows_fast else 1.0 / key.parallel))
        key.answered += 1
        key.refusals = 0
        key.site.came_back()
        self._changed.set()

    def limited(self, key: Key, pause: float, refused: float | None = None) -> None:
        """After a 429: pause the key; without a known rate, also halve its requests in flight.

        refused: tokens of the request that was refused, None where it was not for a limit.
        """
        now = time.monotonic()
        if refused is not None:
            key.requests.give_back(1)
            key.tokens.give_back(refused)
        if now >= key.paused_until and key.requests.limit is None and key.tokens.limit is None:
            # Once per burst, not for each of its requests.
            key.parallel, key.grows_fast = max(1.0, key.parallel / 2), False
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
        self._changed.set()

    def failed(self, site: Site, fault: str) -> None:
        """A server could not be reached."""
        site.failed(fault, many=len(self.sites) > 1)
        self._changed.set()

    def put_out(self, site: Site, reason: str) -> None:
        """Never use a server again, and print why."""
        if not site.out:
            site.out = reason
            print(f"server {site.server.shown} is out: {reason}", file=sys.stderr)
        self._changed.set()
