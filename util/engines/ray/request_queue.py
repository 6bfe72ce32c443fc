"""Requests that wait for a replica, sorted by how many engines died while they had them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from util.engines.base import Request
from util.engines.options import VllmOptions

BATCH = 256
"""Requests that an engine takes at once if its description does not say how many."""
MOST_DEATHS = 3
"""Deaths of engine processes with the same request in flight after which it is recorded as failed."""
SUSPECTS_AT_ONCE = {1: 16, 2: 1}
"""Deaths -> how many requests with that many deaths a replica gets at a time."""


def window(engine: dict[str, Any], options: VllmOptions) -> int:
    """Maximum of requests at a replica: what its engine takes at once (by its description), and an eighth more."""
    batch: int = engine.get("max_num_seqs") or options.max_num_seqs or BATCH
    return batch + max(8, batch // 8)


class RequestQueue:
    """Requests that wait for a replica, with the number of engine deaths that each was in flight at.

    A request that was in flight when an engine died is a suspect. Suspects go out few at a time among fresh requests,
    those of two deaths one at a time. A request that kills engines thus meets other requests at each death: after three
    deaths it is the cause, and meanwhile nothing waits for the suspects.
    """

    def __init__(self, requests: Iterable[Request]) -> None:
        self._fresh = iter(requests)
        self._returned: deque[Request] = deque()
        self._suspects: dict[int, deque[Request]] = {deaths: deque() for deaths in SUSPECTS_AT_ONCE}
        self._ended = False

    def _next_fresh(self) -> Request | None:
        if self._ended:
            return None
        try:
            request = next(self._fresh, None)
        except BaseException:
            self._ended = True
            raise
        self._ended = request is None
        return request

    def take(self, in_flight: Iterable[int]) -> tuple[Request, int] | None:
        """The next request for a replica, with its deaths; None if it must wait or none is left.

        in_flight: the deaths of each request that the replica has.
        """
        for deaths, most in reversed(SUSPECTS_AT_ONCE.items()):
            if self._suspects[deaths] and sum(seen == deaths for seen in in_flight) < most:
                return self._suspects[deaths].popleft(), deaths
        if self._returned:
            return self._returned.popleft(), 0
        fresh = self._next_fresh()
        return (fresh, 0) if fresh is not None else None

    def give_back(self, request: Request, deaths: int) -> None:
        """Put back a request of a replica that died."""
        (self._suspects[deaths] if deaths else self._returned).append(request)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to hand out. (The source is known to have ended only after a ``take``.)"""
        return self._ended and not self._returned and not any(self._suspects.values())
