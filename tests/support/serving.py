"""Shared by the test servers: a silent HTTP/1.1 handler, a server in a thread, and a real ``vllm serve``."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.partial_counting import FOLDER
from support.scripts import ROOT

ONE_ENGINE_PROCESS = ("--distributed-executor-backend", "vllm.v1.executor.uniproc_executor.UniProcExecutor")
"""On a CPU vLLM gives a worker a process of its own, to bind its threads to cores. Here it is one thread: a process less
to start, and no spinning between the two (measured with a tiny model: 24 s of CPU in place of 35 until it answers)."""


class Quiet(BaseHTTPRequestHandler):
    """A handler that sends complete bodies (no chunks) and logs nothing."""

    protocol_version = "HTTP/1.1"

    def reply(self, status: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Listener(ThreadingHTTPServer):
    """Takes any number of connections at once; with the usual five a busy machine resets some of them."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_: object) -> None:
        """A client that leaves is no fault of the server."""


class Served:
    """A server on a free local port. It answers from ``serve`` until ``close``. url: without a trailing slash."""

    url: str

    def serve(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = Listener(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def free_port() -> int:
    """A local port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found


class VllmServer:
    """A real ``vllm serve`` on ``port``; it may be killed, and started again at the same address.

    name: the model's name in requests. log: the file for its output. options: more words of its command line. counted: a
    folder in which it counts its tokens, for ``benchmarks.partial_counting.made``.
    """

    def __init__(self, model: Path, name: str, log: Path, *options: str, counted: Path | None = None) -> None:
        self.port, self._log = free_port(), log
        self.address = f"http://127.0.0.1:{self.port}/v1"
        code = "from benchmarks.partial_counting import server; server()"
        self._words = [
            sys.executable,
            *(("-m", "vllm.entrypoints.openai.api_server") if counted is None else ("-c", code)),
        ]
        self._words += ["--model", str(model), "--port", str(self.port), "--served-model-name", name]
        self._words += ["--host", "127.0.0.1", "--enforce-eager", "--dtype", "float32", *ONE_ENGINE_PROCESS, *options]
        self._environment = os.environ | ({} if counted is None else {FOLDER: str(counted)})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("a") as file:
            self._process = subprocess.Popen(
                self._words, cwd=ROOT, env=self._environment, stdout=file, stderr=file, start_new_session=True
            )
        deadline = time.monotonic() + 300
        while True:
            assert self._process.poll() is None, self._log.read_text()[-3000:]
            assert time.monotonic() < deadline, self._log.read_text()[-3000:]
            health = f"http://127.0.0.1:{self.port}/health"
            with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=5):
                return
            time.sleep(1)

    def kill(self) -> None:
        """End it and every process it started, at once."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        """End it in good order, or else kill it."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self.kill()


@contextlib.contextmanager
def vllm_server(model: Path, name: str, log: Path, *options: str) -> Iterator[str]:
    """Start ``vllm serve`` for ``model`` and yield its base URL; at the end, kill it and every process it started.

    name, log, options: see ``VllmServer``.
    """
    server = VllmServer(model, name, log, *options)
    try:
        server.start()
        yield server.address
    finally:
        server.stop()
