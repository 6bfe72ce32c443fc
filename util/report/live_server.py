"""The live view's server: this machine only, with a secret in the address, for reading alone.

Any program of this machine and any web page in the user's browser can reach a port. So the address holds a random token,
the Host header must name this machine (a name of an attacker's domain that resolves to 127.0.0.1 is refused), no page
of another origin may read or embed an answer, and there is nothing to change.
"""

from __future__ import annotations

import errno
import json
import secrets
import socket
import sys
import tempfile
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from util.report import write_report
from util.report.live_folder import LiveFolder
from util.report.live_page import live_page
from util.system.characters import printable
from util.system.errors import UserError

HOST = "127.0.0.1"
TIMEOUT = 20.0
"""Seconds for a request to arrive; a connection that sends nothing is closed."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class LiveServer(ThreadingHTTPServer):
    """Serves the live view of ``folder``. command: for the report that it makes on request."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: LiveFolder, port: int, command: str) -> None:
        """Bind the port; 0 lets the system choose one.

        Raises:
            UserError: the port cannot be used.
        """
        self.folder, self.command = folder, command
        self.token = secrets.token_urlsafe(24)
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"port {port} is in use. Choose another one, or --serve without a number for any free one."
            elif error.errno == errno.EACCES:
                why = f"port {port} is reserved for the system. Choose one from 1024 to 65535."
            else:
                why = f"port {port} cannot be used: {error.strerror}."
            raise UserError(f"--serve {port}: {why}") from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone is no fault; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT
    server_version, sys_version = "live", ""

    def do_GET(self) -> None:
        if self.headers.get_all("Host", []) not in ([f"{name}:{self.server.port}"] for name in (HOST, "localhost")):
            self._refuse(
                HTTPStatus.MISDIRECTED_REQUEST, f"This address is not served here. Use {HOST}:{self.server.port}."
            )
            return
        site = self.headers.get("Sec-Fetch-Site", "none")
        parts = urlsplit(self.path)
        token, slash, name = parts.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            self._refuse(
                HTTPStatus.FORBIDDEN, "The address lacks its token. Use the whole address that the command printed."
            )
        elif name in ("state", "response") and site not in ("same-origin", "none"):
            self._refuse(HTTPStatus.FORBIDDEN, "Only the page itself may ask for this.")
        elif not slash:
            self._send(HTTPStatus.PERMANENT_REDIRECT, "text/plain", b"", {"Location": f"/{self.server.token}/"})
        else:
            self._answer(name, parse_qs(parts.query))

    def _answer(self, name: str, query: dict[str, list[str]]) -> None:
        match name:
            case "":
                page, policy = live_page()
                self._send(
                    HTTPStatus.OK, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": policy}
                )
            case "state":
                self._json(self.server.folder.state())
            case "response":
                offset = query.get("at", [""])[0]
                number = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 16 else -1
                found = self.server.folder.response(query.get("run", [""])[0], number)
                self._json(found, HTTPStatus.OK if found is not None else HTTPStatus.NOT_FOUND)
            case "report":
                self._report()
            case _:
                self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def _report(self) -> None:
        """The report of all result files that are there, made now."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.html"
            try:
                paths = self.server.folder.has_results()
                if not paths:
                    raise UserError("There is no result file yet: it is written when a benchmark ends.")
                write_report(file, paths, self.server.command)
            except UserError as error:
                self._refuse(HTTPStatus.NOT_FOUND, str(error))
                return
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", file.read_bytes())

    def _json(self, value: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, "application/json", json.dumps(value, default=str).encode())

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode("utf-8", "replace"))

    def _send(self, status: HTTPStatus, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (HEADERS | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Also what the base class sends for other methods and malformed requests."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self.close_connection = True
        self._send(
            status,
            "text/plain; charset=utf-8",
            b"Only GET is answered here.\n",
            {"Allow": "GET", "Connection": "close"},
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: they hold the token."""


def serve(paths: list[Path], port: int, command: str) -> None:
    """Serve the live view until Ctrl-C.

    Raises:
        UserError: a path does not exist, or the port cannot be used.
    """
    for path in paths:
        if not path.exists():
            raise UserError(
                f"{path} does not exist. Give the folder of the run (its --result-dir); it is there once the run has begun."
            )
    folder = LiveFolder(paths)
    with LiveServer(folder, port, command) as server:
        folder.start()
        shown = ", ".join(str(path) for path in paths)
        print(printable(f"live view of {shown} (Ctrl-C ends it, the run is not affected):\n{server.url}"), flush=True)
        print(
            printable(f"from another machine: ssh -L {server.port}:{HOST}:{server.port} {socket.gethostname()}"),
            file=sys.stderr,
        )
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print("live view ended; the run is not affected", file=sys.stderr)
        finally:
            folder.close()
