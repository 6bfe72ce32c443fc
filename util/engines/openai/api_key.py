"""One API key at one server, and what is known of its capacity."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from util.engines.openai.rates import MINUTE, Bucket, number
from util.engines.openai.sites import Site

SAFE_START = 4
"""Requests in flight per key before the first answer."""

LATENCY_SINKS = 0.05
"""How much of the way a key's latency goes towards a shorter one; to a longer one it goes at once."""


@dataclass(frozen=True)
class Ticket:
    """A request that a key was handed out for. serial: its number among the key's requests. requests, tokens: marks.

    at: when, on the monotonic clock.
    """

    key: Key
    serial: int
    requests: float | None
    tokens: float | None
    at: float = field(default_factory=time.monotonic)

    def leaves(self) -> Ticket:
        """The ticket of a request that leaves only now: the server counts it later, when more has been refilled."""
        late, key = time.monotonic() - self.at, self.key
        requests, tokens = key.requests.later(self.requests, late), key.tokens.later(self.tokens, late)
        return replace(self, requests=requests, tokens=tokens)


@dataclass(eq=False)
class Key:
    """One key at one server, and what is known of its capacity. secret: the key. retired: why it is not used any more.

    turn: virtual time at which its last request ended (see ``KeyRing``). latency: seconds that its longer requests take.
    refusals: 403s without a reason in a row.
    """

    site: Site
    secret: str
    requests: Bucket
    tokens: Bucket
    parallel: float = SAFE_START
    grows_fast: bool = True
    in_flight: int = 0
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
        """Its parallelism; where a rate is known, twice what that rate needs by Little's law, so that only it binds."""
        rate = self.rate()
        needed = 2.0 * rate / MINUTE * self.latency + SAFE_START if rate is not None and self.latency else 0.0
        return int(max(1.0, self.parallel, needed))

    def wait(self, tokens: float) -> float | None:
        """Seconds until a request may be sent; None where an answer must come first."""
        if self.in_flight >= self.most_in_flight() or not self.site.has_room:
            return None
        return max(self.site.down_until - time.monotonic(), self.limited_for(tokens))

    def limited_for(self, tokens: float) -> float:
        """Seconds until its limits allow a request."""
        return max(self.paused_until - time.monotonic(), self.requests.wait(1), self.tokens.wait(tokens), 0.0)

    def take(self, tokens: float) -> Ticket:
        """Count a request that is sent now."""
        self.in_flight += 1
        self.site.in_flight += 1
        self.site.first_sent = self.site.first_sent or time.monotonic()
        self.sent += 1
        self.mean_tokens += (tokens - self.mean_tokens) / min(self.sent, 100)
        return Ticket(self, self.sent, self.requests.take(1), self.tokens.take(tokens))

    def sent_again(self, tokens: float) -> Ticket:
        """Count a request that goes again, since its connection was closed: the server may have counted it."""
        self.sent += 1
        return Ticket(self, self.sent, self.requests.take(1), self.tokens.take(tokens))

    def give_back(self, seconds: float | None) -> None:
        """A request has ended. seconds: how long it took; None where it was never sent."""
        self.in_flight -= 1
        self.site.in_flight -= 1
        if seconds is not None:
            self.latency = max(seconds, self.latency + (seconds - self.latency) * LATENCY_SINKS)

    def told(self, headers: Mapping[str, str], ticket: Ticket | None) -> None:
        """Take over the limits in the head of an answer. ticket: of its request."""
        since = self.sent - ticket.serial if ticket is not None else self.in_flight
        for bucket, name, mark, each in (
            (self.requests, "requests", ticket.requests if ticket else None, 1.0),
            (self.tokens, "tokens", ticket.tokens if ticket else None, self.mean_tokens),
        ):
            limit = number(headers.get(f"x-ratelimit-limit-{name}"))
            remaining = number(headers.get(f"x-ratelimit-remaining-{name}"))
            bucket.update(limit, remaining, mark, since * each, each)
