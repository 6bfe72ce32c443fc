"""One of the run's servers: whether it can be reached, and what it serves."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field

from util.engines.openai.connection import Connection
from util.engines.openai.token_room import TokenRoom
from util.system.characters import printable
from util.system.messages import tell
from util.system.servers import Server

FIRST_DOWN, LONGEST_DOWN = 0.5, 2.0
"""Seconds until a server that cannot be reached is tried again: grown each time, up to the second. A try costs nothing,
and what a server could do after it is back is lost until the next one."""

DOWN_GROWTH = 1.5

MOST_FAILURES = 10
"""Failed connections in a row after which a server that no answer has ever come from is given up."""

MOST_SECONDS = 9.0
"""Seconds after which it is given up even so, at the next failed connection: fewer than the look at its models may take, so
that an address that nothing answers at is tried once, and the command says within 15 s that no server is there."""


@dataclass(eq=False)
class Site:
    """A server and the state of its connections.

    reached: whether it has ever answered. fault: why it cannot be reached. down_until, down_since: on the monotonic
    clock, 0 while it is up. out: why it is not used any more, "" while it is. owner: its software as /v1/models names it,
    "" where that does not say, None before it was heard. asked_at: when it was last asked for that, unheard: how often in vain.
    cannot_continue: why it does not go on with a response, "" as long as it may. first_sent: when it was
    first sent anything, 0 before that.
    """

    server: Server
    connection: Connection
    reached: bool = False
    in_flight: int = 0
    failures: int = 0
    fault: str = ""
    down_until: float = 0.0
    down_since: float = 0.0
    out: str = ""
    owner: str | None = None
    asked_at: float = 0.0
    unheard: int = 0
    cannot_continue: str = ""
    room: TokenRoom = field(default_factory=TokenRoom)
    first_sent: float = 0.0
    introduced: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_down(self) -> bool:
        return self.failures > 0

    @property
    def has_room(self) -> bool:
        """Whether a request may be tried: one at a time while it is down."""
        return not self.is_down or self.in_flight == 0

    def failed(self, fault: str, *, many: bool) -> None:
        """It could not be reached. many: whether there are other servers."""
        now = time.monotonic()
        if now < self.down_until:
            return  # of the same moment as one that counted
        self.first_sent = self.first_sent or now
        if not self.is_down:
            self.down_since = now
            print(f"{self.server.shown} cannot be reached ({printable(fault)}); trying again", file=sys.stderr)
            if many:
                tell("its requests go to the other servers meanwhile")
        self.fault = fault
        self.down_until = now + min(LONGEST_DOWN, FIRST_DOWN * DOWN_GROWTH ** min(self.failures, 99))
        self.failures += 1

    def came_back(self) -> None:
        """It has answered."""
        if self.is_down and self.reached:
            tell(f"{self.server.shown} answers again")
        self.reached, self.failures, self.down_until, self.down_since = True, 0, 0.0, 0.0

    def is_hopeless(self, max_wait: float, *, ever: bool) -> bool:
        """Whether to give it up. max_wait: seconds that it may be down. ever: whether any server has ever answered."""
        if not self.is_down:
            return False
        if not ever:
            return self.failures >= MOST_FAILURES or time.monotonic() - self.first_sent > MOST_SECONDS
        return time.monotonic() - self.down_since > max_wait
