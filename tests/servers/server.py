"""The scripted server: threads, HTTP/1.1 over real sockets, one step of a script per request."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.serving import Listener

from servers.answers import Answer, Step, plain, streamed
from servers.wire import Cut, Hold, Piece, Raw, Reply, Wait, json_reply

LONGEST = 20.0
"""Seconds after which an endless or held reply ends, so that no test hangs."""

_ROW = re.compile(r"Problem (\d+):")


@dataclass(frozen=True)
class Seen:
    """A request as it came. row: of the problem in it, -1 without one. attempt: requests for that row before it.
    at: ``time.monotonic()``. key: the last four characters of the key.
    """

    number: int
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    body: dict[str, Any]
    row: int
    attempt: int
    at: float
    key: str

    @property
    def streams(self) -> bool:
        return self.body.get("stream") is True

    @property
    def host(self) -> str:
        return self.headers.get("host", "").partition(":")[0]


class ScriptedServer:
    """Answers POST requests as ``script`` says, and GET .../models with ``models``.

    models: None for a 404, else the body. chats: the POST requests, in order of arrival. others: all other requests.
    left: how often a client left a reply before its end. faults: exceptions of the script.
    """

    def __init__(self, script: Callable[[Seen], Step], models: Any = None) -> None:
        self.chats: list[Seen] = []
        self.others: list[Seen] = []
        self.left = 0
        self.faults: list[str] = []
        self.script, self.models = script, models
        self.closing = threading.Event()
        self._attempts: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._server = Listener(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": self}))
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def note(self, handler: BaseHTTPRequestHandler, raw: bytes) -> Seen:
        """Record a request."""
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {"unreadable": raw.decode("latin-1")}
        found = _ROW.search(json.dumps(body.get("messages", "")))
        row = int(found.group(1)) if found else -1
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            into = self.chats if handler.command == "POST" else self.others
            seen = Seen(
                len(into), handler.command, handler.path, headers, raw, body, row, self._attempts[row],
                time.monotonic(), headers.get("authorization", "")[-4:],
            )  # fmt: skip
            if handler.command == "POST":
                self._attempts[row] += 1
            into.append(seen)
        return seen

    def client_left(self) -> None:
        with self._lock:
            self.left += 1


def reply_to(step: Step, seen: Seen) -> Reply:
    """The reply that a step comes to for a request."""
    while callable(step):
        step = step(seen)
    if isinstance(step, Answer):
        return streamed(step) if seen.streams else plain(step)
    return step


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = self.scripted.note(self, raw)
        try:
            reply = reply_to(self.scripted.script(seen), seen)
        except Exception as error:  # the scenario's own fault; it must not look like a lost connection
            self.scripted.faults.append(f"{type(error).__name__}: {error}")
            raise
        self._send(reply)

    def do_GET(self) -> None:
        self.scripted.note(self, b"")
        if self.path.partition("?")[0].endswith("/models") and self.scripted.models is not None:
            self._send(json_reply(self.scripted.models))
        else:
            self._send(json_reply({"detail": "Not Found"}, 404))

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _send(self, reply: Reply) -> None:
        self._end = time.monotonic() + LONGEST
        try:
            self._pause(reply.delay)
            pieces = list(reply.body()) if reply.framing == "length" else reply.body()
            if reply.head:
                self._head(reply, pieces)
            for piece in pieces:
                if time.monotonic() > self._end:
                    raise OSError("the reply is abandoned")
                if not self._piece(piece, reply.framing):
                    return
            if reply.framing == "chunked":
                self.wfile.write(b"0\r\n\r\n")
            self.close_connection = self.close_connection or reply.framing == "close"
        except OSError:
            self.close_connection = True
            self.scripted.client_left()

    def _head(self, reply: Reply, pieces: Any) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.framing == "length" and "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(sum(len(data) for data in pieces if isinstance(data, bytes))))
        elif reply.framing == "close":
            self.send_header("Connection", "close")
        self.end_headers()

    def _piece(self, piece: Piece, framing: str) -> bool:
        """Send one piece; whether the reply goes on."""
        match piece:
            case Wait(seconds):
                self._pause(seconds)
            case Raw(data):
                self.wfile.write(data)
            case Cut(reset):
                self._cut(reset)
                return False
            case Hold():
                self._hold()
                return False
            case bytes() if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if framing == "chunked" else piece)
        return True

    def _pause(self, seconds: float) -> None:
        """Wait; end the reply where the client has left, the server closes or it took too long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.scripted.closing.is_set() or time.monotonic() > self._end or self._gone(min(left, 0.1)):
                raise OSError("the reply is abandoned")

    def _gone(self, within: float) -> bool:
        """Whether the client closes the connection within so many seconds."""
        readable, _, _ = select.select([self.connection], [], [], within)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _hold(self) -> None:
        self._pause(LONGEST)

    def _cut(self, reset: bool) -> None:
        self.close_connection = True
        if not reset:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        # Closed with a linger time of 0, a socket sends RST; the handler's own end would send FIN before.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
