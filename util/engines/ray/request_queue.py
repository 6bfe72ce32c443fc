"""Which request killed an engine? Requests that wait to be made on replicas, by how many deaths they have seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from util.engines.base import Request

MOST_DEATHS = 3
"""Engine processes that a request may see die before it is recorded as failed."""
SUSPECTS_AT_ONCE = {1: 16, 2: 1}
"""Deaths -> requests with as many deaths that a replica gets at a time."""


class Suspicion:
    """Requests that wait to be made, by how many engine deaths they have seen.

    One that was in flight when an engine died is a suspect. Suspects go out few at a time among fresh requests, those
    of two deaths one at a time: what is poisoned meets other company at each death, so that three deaths are its
    own, while nothing waits for the suspects to be cleared.
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

    def take(self, flying: Iterable[int]) -> tuple[Request, int] | None:
        """The next request for a replica, with its deaths; None if it must wait or none is left.

        flying: the deaths of each request that the replica has.
        """
        for deaths, most in reversed(SUSPECTS_AT_ONCE.items()):
            if self._suspects[deaths] and sum(seen == deaths for seen in flying) < most:
                return self._suspects[deaths].popleft(), deaths
        if self._returned:
            return self._returned.popleft(), 0
        fresh = self._next_fresh()
        return (fresh, 0) if fresh is not None else None

    def give_back(self, request: Request, deaths: int) -> None:
        """Make a request again that a lost replica had."""
        (self._suspects[deaths] if deaths else self._returned).append(request)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to hand out. (The source is only known to have ended once it was asked.)"""
        return self._ended and not self._returned and not any(self._suspects.values())
