"""HTTP to one server: a request goes out once, and what comes back is bounded in size and in silence, not in time."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from util.engines.openai.client_pools import CONNECT_SECONDS, ClientPools
from util.engines.openai.events import EventReader, TooLarge, looks_like_events
from util.engines.openai.stream import Streamed, Watch
from util.system.servers import Server

MAX_BODY = 64 << 20
"""Decoded bytes of a plain body at most."""

AFTER_THE_END = 30.0
"""Seconds that a stream may stay open after its finish reason, for usage and [DONE]."""

SLOWEST = 5.0
"""Tokens per second that a server without streams is assumed to write at least."""

MAX_REDIRECTS = 3
_KEEP_POST = (301, 302, 303, 307, 308)
_ENCODINGS = {"": 0, "identity": 0, "gzip": 47, "x-gzip": 47, "deflate": 47}
"""Content encoding -> zlib's window bits; 47 reads gzip and zlib."""


@dataclass(frozen=True)
class WaitLimits:
    """Seconds to wait. first_token: until the answer begins. idle: between two bytes after that."""

    first_token: float = 3600.0
    idle: float = 600.0


@dataclass(frozen=True)
class Reply:
    """What came back. body: of a plain answer. streamed: the answer of a stream, and then body is empty."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    streamed: Streamed | None = None


class Broken(Exception):
    """A request without a complete reply.

    sent: whether the server may have worked on it. streamed: what had arrived of its answer. headers: if they came.
    """

    def __init__(self, why: str, *, sent: bool = True, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.sent, self.headers = sent, headers
        self.streamed: Streamed | None = None


class Elsewhere(Exception):
    """The server redirects to another host, which gets neither prompt nor key."""


@dataclass
class _Patience:
    """Until when to wait for the next bytes. Bytes alone are life for ``idle``, tokens are for ``first_token``."""

    limits: WaitLimits
    longest: float
    began: float = field(default_factory=time.monotonic)
    byte_at: float = 0.0
    token_at: float = 0.0
    ends_at: float = 0.0

    def left(self) -> float:
        """Seconds from now, 0 or less if they are over."""
        until = (self.token_at or self.began) + self.longest
        if self.token_at:
            until = min(until, self.byte_at + self.limits.idle)
        if self.ends_at:
            until = min(until, self.ends_at)
        return until - time.monotonic()

    def came(self, *, token: bool, finished: bool) -> None:
        self.byte_at = time.monotonic()
        if token:
            self.token_at = self.byte_at
        if finished and not self.ends_at:
            self.ends_at = self.byte_at + min(AFTER_THE_END, self.limits.idle)

    @property
    def verdict(self) -> str:
        if not self.token_at:
            return f"no answer within {self.longest:g} s (--first-token-timeout)"
        if time.monotonic() - self.byte_at >= self.limits.idle:
            return f"silence for {self.limits.idle:g} s in the middle of the answer (--idle-timeout)"
        return f"no further token for {self.longest:g} s (--first-token-timeout)"


class Connection:
    """The connections to one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._pools = ClientPools()

    async def close(self) -> None:
        await self._pools.close()

    def url(self, path: str) -> str:
        """The address of an endpoint below the base URL; a query of the base URL stays."""
        base, mark, query = self.server.url.partition("?")
        return f"{base.rstrip('/')}/{path}{mark}{query}"

    async def get(self, path: str, key: str, seconds: float) -> Reply:
        """GET an endpoint.

        Raises:
            Broken: there is no reply within ``seconds``.
        """
        return await self._exchange(
            "GET", path, key, None, _Patience(WaitLimits(seconds, seconds), seconds), None, None
        )

    async def post(
        self, path: str, key: str, body: bytes, limits: WaitLimits, max_tokens: int, watch: Watch | None = None
    ) -> Reply:
        """POST a request; a stream is read to its end.

        Raises:
            Broken: there is no complete reply. TooLarge: it is larger than any answer. Elsewhere: see there.
        """
        longest = limits.first_token
        if b'"stream":true' not in body:
            longest += max_tokens / SLOWEST
        return await self._exchange("POST", path, key, body, _Patience(limits, longest), Streamed(max_tokens), watch)

    async def _exchange(
        self, method: str, path: str, key: str, body: bytes | None, patience: _Patience,
        streamed: Streamed | None, watch: Watch | None,
    ) -> Reply:  # fmt: skip
        import httpx

        url, status = self.url(path), 0
        headers: Mapping[str, str] | None = None
        try:
            with self._pools.client() as client:
                for _ in range(MAX_REDIRECTS + 1):
                    request = client.build_request(method, url, content=body, headers=self._headers(key, body))
                    async with asyncio.timeout(max(0.0, patience.left())):
                        response = await client.send(request, stream=True)
                    status, headers = response.status_code, response.headers
                    try:
                        target = _redirected(url, response)
                        if target is None:
                            if watch is not None:
                                watch.told(headers)
                            return await self._read(response, patience, streamed, watch)
                        url = target
                    finally:
                        await response.aclose()
            raise Elsewhere(f"{self.server.shown} redirects more than {MAX_REDIRECTS} times")
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as error:
            if headers is not None and streamed is not None and streamed.heard.word is not None:
                return Reply(status, headers, streamed=streamed)  # the answer itself was complete
            raise _broken(error, patience, streamed, headers) from error

    def _headers(self, key: str, body: bytes | None) -> dict[str, str]:
        found = {"Accept": "application/json, text/event-stream", "Accept-Encoding": "gzip, deflate"}
        found["User-Agent"] = "sky-t1-tools"
        found["Authorization"] = self.server.basic or f"Bearer {key}"
        host = urlsplit(self.server.url).hostname or ""
        if host.endswith((".azure.com", ".azure.us")):
            found["api-key"] = key
        return found | ({"Content-Type": "application/json"} if body is not None else {})

    async def _read(self, response: Any, patience: _Patience, streamed: Streamed | None, watch: Watch | None) -> Reply:
        """The body of a reply: a stream of events where it succeeded and is one, else plain bytes."""
        start, events = bytearray(), EventReader()
        is_stream: bool | None = None if streamed is not None and response.status_code < 400 else False
        named = "text/event-stream" in response.headers.get("content-type", "")
        async with aclosing(_decoded(response, patience)) as parts:
            async for part in parts:
                if not is_stream:
                    start += part
                    if len(start) > MAX_BODY:
                        raise TooLarge(f"the body has more than {MAX_BODY >> 20} MiB")
                    if is_stream is None and (is_stream := looks_like_events(bytes(start[:64]), named=named)):
                        part, start = bytes(start), bytearray()
                if is_stream and streamed is not None:
                    _take(streamed, events, part, patience, watch)
                    if streamed.is_over:
                        break
        if is_stream and streamed is not None:
            _take(streamed, events, b"", patience, watch, final=True)
            return Reply(response.status_code, response.headers, streamed=streamed)
        return Reply(response.status_code, response.headers, bytes(start))


def _take(
    streamed: Streamed, events: EventReader, part: bytes, patience: _Patience, watch: Watch | None,
    *, final: bool = False,
) -> None:  # fmt: skip
    had = not streamed.heard.is_empty
    token = False
    for event in events.feed(part, final=final):
        token = streamed.take(event) or token
    patience.came(token=token, finished=streamed.heard.word is not None)
    if token and not had and watch is not None:
        watch.begun()


async def _decoded(response: Any, patience: _Patience) -> AsyncGenerator[bytes, None]:
    """The decoded parts of a body; a small part that would unpack to more than MAX_BODY is refused."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise Broken(f"the body has the unknown content encoding {encoding[:40]!r}", headers=response.headers)
    unpack = zlib.decompressobj(_ENCODINGS[encoding]) if _ENCODINGS[encoding] else None
    raw = response.aiter_raw().__aiter__()
    while True:
        try:
            async with asyncio.timeout(max(0.0, patience.left())):
                part = await anext(raw)
        except StopAsyncIteration:
            return
        if unpack is not None:
            part = unpack.decompress(part, MAX_BODY + 1)
            if unpack.unconsumed_tail:
                raise TooLarge(f"the body unpacks to more than {MAX_BODY >> 20} MiB")
        yield part


def _redirected(url: str, response: Any) -> str | None:
    """Where the request goes instead: on the same host only, whatever the method would become elsewhere.

    Raises: Elsewhere: the redirect leads to another host.
    """
    if response.status_code not in _KEEP_POST or "location" not in response.headers:
        return None
    target: str = urljoin(url, response.headers["location"])
    old, new = urlsplit(url), urlsplit(target)
    down = old.scheme == "https" and new.scheme != "https"
    if new.hostname != old.hostname or new.scheme not in ("http", "https") or down:
        raise Elsewhere(
            f"the server redirects to {new.scheme}://{new.hostname}, which gets neither the prompt nor the key. If that "
            "is the right address, give it as --base-url"
        )
    return target


def _broken(
    error: Exception, patience: _Patience, streamed: Streamed | None, headers: Mapping[str, str] | None
) -> Broken:
    import httpx

    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol | httpx.InvalidURL)
    if isinstance(error, httpx.ConnectTimeout):
        why = f"no connection within {CONNECT_SECONDS:g} s"
    elif isinstance(error, TimeoutError):
        why = patience.verdict
    else:
        why = f"{type(error).__name__}: {_cause(error)}"
    found = Broken(why, sent=not unsent, headers=headers)
    found.streamed = streamed if streamed is not None and not streamed.heard.is_empty else None
    return found


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return str(error)[:200] or type(error).__name__
