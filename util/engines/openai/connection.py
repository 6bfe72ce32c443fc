"""HTTP to one server: a request goes out once, and what comes back is bounded in size and in silence, not in time."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from util.engines.openai.client_pools import CONNECT_SECONDS, ClientPools
from util.engines.openai.events import EventReader, TooLarge, looks_like_events
from util.engines.openai.patience import Patience, WaitLimits
from util.engines.openai.shapes import is_whole
from util.engines.openai.stream import Streamed, Watch
from util.engines.openai.unpacking import MAX_BODY, Unpacker, encoding_of
from util.system.servers import Server

SLOWEST = 5.0
"""Tokens per second that a server without streams is assumed to write at least."""

MAX_STALE, STALE_SECONDS = 4, 1.0
"""Kept connections that may turn out closed before a new one is made, and how soon each must fail to count as closed."""

MAX_REDIRECTS = 3
_KEEP_POST = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Reply:
    """What came back. body: of a plain answer. streamed: the answer of a stream, and then body is empty."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    streamed: Streamed | None = None


class Broken(Exception):
    """A request without a complete reply.

    sent: whether the server may have worked on it. streamed: what had arrived of its answer.
    """

    def __init__(self, why: str, *, sent: bool = True) -> None:
        super().__init__(why)
        self.sent = sent
        self.streamed: Streamed | None = None


class Elsewhere(Exception):
    """The server redirects to another host, which gets neither prompt nor key."""


class Connection:
    """The connections to one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._pools = ClientPools()

    async def close(self) -> None:
        await self._pools.close()

    def url(self, path: str) -> str:
        """The address of an endpoint below the base URL, or beside its /v1 ("/NAME"); a query of the base URL stays."""
        base, mark, query = self.server.url.partition("?")
        base = base.rstrip("/")
        base = base.removesuffix("/v1") if path.startswith("/") else base
        return f"{base}/{path.lstrip('/')}{mark}{query}"

    async def get(self, path: str, key: str, seconds: float) -> Reply:
        """GET an endpoint.

        Raises:
            Broken: there is no reply within ``seconds``.
        """
        return await self._exchange("GET", path, key, None, Patience(WaitLimits(seconds, seconds), seconds), None, None)

    async def ask(self, path: str, key: str, body: bytes, seconds: float) -> Reply:
        """POST a question that costs nothing.

        Raises:
            Broken: there is no reply within ``seconds``.
        """
        return await self._exchange(
            "POST", path, key, body, Patience(WaitLimits(seconds, seconds), seconds), None, None
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
        return await self._exchange("POST", path, key, body, Patience(limits, longest), Streamed(max_tokens), watch)

    async def _exchange(
        self, method: str, path: str, key: str, body: bytes | None, patience: Patience,
        streamed: Streamed | None, watch: Watch | None,
    ) -> Reply:  # fmt: skip
        import httpx

        url, status = self.url(path), 0
        headers: Mapping[str, str] | None = None
        try:
            with self._pools.client() as client:
                for _ in range(MAX_REDIRECTS + 1):
                    response = await self._begun(client, method, url, key, body, patience, watch)
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
            raise _broken(error, patience, streamed) from error

    async def _begun(
        self, client: Any, method: str, url: str, key: str, body: bytes | None, patience: Patience,
        watch: Watch | None,
    ) -> Any:  # fmt: skip
        """The beginning of a reply. A kept connection that the server has closed meanwhile costs nothing but another."""
        import httpx

        opened: list[str] = []

        async def trace(event: str, _: Any) -> None:
            if event == "connection.connect_tcp.started":
                opened.append(event)
            if event == "http11.send_request_headers.started" and watch is not None:
                watch.leaves()

        headers = self._headers(key, body)
        for left in reversed(range(MAX_STALE)):
            request = client.build_request(method, url, content=body, headers=headers, extensions={"trace": trace})
            began = time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, patience.left())):
                    return await client.send(request, stream=True)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if opened or not left or time.monotonic() - began > STALE_SECONDS:
                    raise
            if watch is not None:
                await watch.again()
        raise AssertionError("the last try returns or raises")

    def _headers(self, key: str, body: bytes | None) -> dict[str, str]:
        found = {"Accept": "application/json, text/event-stream", "Accept-Encoding": "gzip, deflate"}
        found["User-Agent"] = "sky-t1-tools"
        found["Authorization"] = self.server.basic or f"Bearer {key}"
        host = urlsplit(self.server.url).hostname or ""
        if host.endswith((".azure.com", ".azure.us")):
            found["api-key"] = key
        return found | ({"Content-Type": "application/json"} if body is not None else {"Connection": "close"})

    async def _read(self, response: Any, patience: Patience, streamed: Streamed | None, watch: Watch | None) -> Reply:
        """The body of a reply: a stream of events where it succeeded and is one, else plain bytes."""
        import httpx

        start, size, events = bytearray(), 0, EventReader()
        is_stream: bool | None = None if streamed is not None and response.status_code < 400 else False
        named = "text/event-stream" in response.headers.get("content-type", "")
        try:
            async with aclosing(_decoded(response, patience)) as parts:
                async for part in parts:
                    if not is_stream:
                        size += len(part)
                        start += part if start else part.lstrip()
                        if size > MAX_BODY:
                            raise TooLarge(f"the body has more than {MAX_BODY >> 20} MiB")
                        if is_stream is None and (is_stream := looks_like_events(bytes(start[:64]), named=named)):
                            part, start = bytes(start), bytearray()
                    if is_stream and streamed is not None:
                        _take(streamed, events, part, patience, watch)
                        if streamed.is_over:
                            break
        except (TimeoutError, httpx.HTTPError, zlib.error):
            if is_stream or not is_whole(start):
                raise
        if is_stream and streamed is not None:
            _take(streamed, events, b"", patience, watch, final=True)
            return Reply(response.status_code, response.headers, streamed=streamed)
        return Reply(response.status_code, response.headers, bytes(start))


def _take(
    streamed: Streamed, events: EventReader, part: bytes, patience: Patience, watch: Watch | None,
    *, final: bool = False,
) -> None:  # fmt: skip
    had = not streamed.heard.is_empty
    token = False
    for event in events.feed(part, final=final):
        token = streamed.take(event) or token
    patience.came(token=token, finished=streamed.heard.word is not None)
    if token and watch is not None:
        if not had:
            watch.begun()
        watch.gained(streamed)


async def _decoded(response: Any, patience: Patience) -> AsyncGenerator[bytes, None]:
    """The decoded parts of a body; a small part that would unpack to more than MAX_BODY is refused."""
    header = response.headers.get("content-encoding", "")
    if (encoding := encoding_of(header)) is None:
        raise Broken(f"the body has the unknown content encoding {header[:40]!r}")
    unpacker = Unpacker(encoding)
    raw = response.aiter_raw().__aiter__()
    while True:
        try:
            async with asyncio.timeout(max(0.0, patience.left())):
                part = await anext(raw)
        except StopAsyncIteration:
            return
        yield unpacker.unpack(part)


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


def _broken(error: Exception, patience: Patience, streamed: Streamed | None) -> Broken:
    import httpx

    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol | httpx.InvalidURL)
    if isinstance(error, httpx.ConnectTimeout):
        why = f"no connection within {CONNECT_SECONDS:g} s"
    elif isinstance(error, TimeoutError):
        why = patience.verdict
    else:
        why = f"{type(error).__name__}: {_cause(error)}"
    found = Broken(why, sent=not unsent)
    found.streamed = streamed if streamed is not None and not streamed.heard.is_empty else None
    return found


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return str(error)[:200] or type(error).__name__
