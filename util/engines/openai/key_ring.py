"""API keys: each with its own rate limits, pauses and retirement.

A key's capacity is a token bucket, as OpenAI's is: ``limit`` requests (and tokens) per minute that
refill evenly. The server's ``x-ratelimit-*`` headers replace what was assumed. Requests in flight per key start low,
grow with success and halve at a 429.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAFE_START = 4
"""Requests in flight per key before the first answer."""

CATCH_UP = 20
"""How many turns a key that paused may make up for afterwards."""

MINUTE = 60.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str | None) -> float | None:
    """Seconds of "1s", "6m0s", "20ms" or "1.5"; None for anything else."""
    if not text:
        return None
    if (seconds := _number(text)) is not None:
        return max(0.0, seconds)
    parts = _DURATION.findall(text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else None


@dataclass
class Bucket:
    """A token bucket. limit: what it holds, and refills per minute; None for no limit. level: what may be sent now."""

    limit: float | None = None
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.limit or 0.0

    def refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            self.level = min(self.limit, self.level + (now - self.at) * self.limit / MINUTE)
        self.at = now

    def wait(self, amount: float) -> float:
        """Seconds until ``amount`` may be taken; 0 if now."""
        if self.limit is None:
            return 0.0
        self.refill()
        # A request larger than the bucket may go when the bucket is full.
        missing = min(amount, self.limit) - self.level
        return max(0.0, missing * MINUTE / self.limit)

    def take(self, amount: float) -> None:
        if self.limit is not None:
            self.level -= amount

    def update(self, limit: float | None, remaining: float | None, in_flight: float) -> None:
        """Take over the server's numbers where they allow less; they do not count what is in flight."""
        if limit is not None and limit > 0 and (self.limit is None or limit < self.limit):
            first = self.limit is None
            self.limit = limit
            if first:
                self.level, self.at = limit - in_flight, time.monotonic()
        if remaining is not None and self.limit is not None:
            self.refill()
            self.level = min(self.level, remaining - in_flight)


@dataclass
class Key:
    """One key: its client and what is known of its capacity. retired: why it is not used any more."""

    client: Any
    tail: str
    requests: Bucket
    tokens: Bucket
    parallel: float = SAFE_START
    grows_fast: bool = True
    in_flight: int = 0
    tokens_in_flight: float = 0.0
    turn: int = 0
    paused_until: float = 0.0
    retired: str = ""

    def wait(self, tokens: float) -> float | None:
        """Seconds until a request may be sent; None where an answer must come first."""
        if self.in_flight >= int(self.parallel):
            return None
        return max(self.paused_until - time.monotonic(), self.requests.wait(1), self.tokens.wait(tokens), 0.0)


class KeyRing:
    """Hands requests to the keys in turn, skipping those that are at a limit.

    Each request goes to the ready key with the smallest turn number: start-time fair queueing
    (Goyal, Vin and Cheng, 1996) with equal weights.
    """

    def __init__(self, clients: list[Any], concurrency: int, rpm: int | None, tpm: int | None) -> None:
        """concurrency: in flight at most, over all keys. rpm, tpm: requests and tokens per minute and key."""
        self.keys = [Key(client, client.api_key[-4:], Bucket(rpm), Bucket(tpm)) for client in clients]
        self.concurrency = concurrency
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def live(self) -> list[Key]:
        return [key for key in self.keys if not key.retired]

    async def acquire(self, tokens: float) -> Key:
        """Wait until a key may send, and count the request. tokens: what it is expected to use.

        Raises:
            NoKeyLeft: every key is retired. Closed: the run is stopping.
        """
        while True:
            if self._closed:
                raise Closed
            live = self.live
            if not live:
                raise NoKeyLeft
            waits = [(key.wait(tokens), key) for key in live]
            ready = [key for wait, key in waits if wait == 0.0]
            if ready and sum(key.in_flight for key in live) < self.concurrency:
                key = min(ready, key=lambda key: key.turn)
                # Equal shares however long answers take; a key that paused catches up by a few turns, not by all.
                key.turn = max(key.turn, max(other.turn for other in live) - CATCH_UP) + 1
                key.in_flight += 1
                key.tokens_in_flight += tokens
                key.requests.take(1)
                key.tokens.take(tokens)
                return key
            timed = [wait for wait, _ in waits if wait]
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(timed, default=None) if not ready else None)

    def close(self) -> None:
        """Hand out no more keys, also to requests that wait already."""
        self._closed = True
        self._changed.set()

    def release(self, key: Key, tokens: float, headers: Mapping[str, str] | None) -> None:
        """A request has ended. headers: those of its answer, if there was one."""
        key.in_flight -= 1
        key.tokens_in_flight -= tokens
        if headers is not None:
            for bucket, name, in_flight in (
                (key.requests, "requests", float(key.in_flight)),
                (key.tokens, "tokens", key.tokens_in_flight),
            ):
                limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
                remaining = _number(headers.get(f"x-ratelimit-remaining-{name}"))
                bucket.update(limit, remaining, in_flight)
        self._changed.set()

    def succeeded(self, key: Key) -> None:
        """Allow more requests in flight: doubling at first, linearly after the first 429."""
        key.parallel = min(self.concurrency, key.parallel + (1.0 if key.grows_fast else 1.0 / key.parallel))

    def limited(self, key: Key, pause: float) -> None:
        """After a 429: halve the requests in flight, and pause the key."""
        now = time.monotonic()
        if now >= key.paused_until:  # once per burst, not for each of its requests
            key.parallel, key.grows_fast = max(1.0, key.parallel / 2), False
        key.paused_until = max(key.paused_until, now + pause)

    def retire(self, key: Key, reason: str) -> None:
        """Never use a key again, and print why."""
        if not key.retired:
            key.retired = reason
            left = len(self.live)
            print(f"key ...{key.tail} is out: {reason}; {left} of {len(self.keys)} keys left", file=sys.stderr)
        self._changed.set()


class Closed(Exception):
    """The run is stopping; the request was not sent."""


class NoKeyLeft(Exception):
    """Every key is retired."""


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) else None
