"""HTTP clients of one server, each for a few requests at a time.

httpcore's pool looks at all pairs of its connections whenever a request begins or ends: with 256 in flight that takes
more time than the answers.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies

CONNECT_SECONDS = 9.5
"""Four SYN packets (at 0, 1, 3 and 7 s); below the limit of the look at a server's models, so that a host that does not even
take the connection is told from one that is slow."""

REQUESTS_PER_CLIENT = 24


class ClientPools:
    """Clients, as many as are needed."""

    def __init__(self) -> None:
        import httpx

        self._certificates = httpx.create_ssl_context()  # takes long; one is for all
        self._clients: list[Any] = []
        self._busy: list[int] = []

    @contextmanager
    def client(self) -> Iterator[Any]:
        """A client for one request: the first that has room, so that connections are used again."""
        place = next((i for i, busy in enumerate(self._busy) if busy < REQUESTS_PER_CLIENT), len(self._clients))
        if place == len(self._clients):
            self._clients.append(_client(self._certificates))
            self._busy.append(0)
        self._busy[place] += 1
        try:
            yield self._clients[place]
        finally:
            self._busy[place] -= 1

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def _client(certificates: Any) -> Any:
    import httpx

    keep_alive: list[Any] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_KEEPIDLE"):  # a dead host is noticed in minutes, however long its queue may be
        keep_alive += [
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6),
        ]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=4.0)
    # A transport of our own would leave out the proxies of the environment.
    transport = (
        None
        if getproxies()
        else httpx.AsyncHTTPTransport(verify=certificates, socket_options=keep_alive, limits=limits)
    )
    return httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, write=CONNECT_SECONDS * 4),
        verify=certificates,
        limits=limits,
        follow_redirects=False,
        transport=transport,
    )
