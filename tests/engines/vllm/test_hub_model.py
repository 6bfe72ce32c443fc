"""A model that the Hub has not, or a Hub that is not there: one message within seconds, before vLLM is imported."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.scripts import SAMPLES, script


@pytest.fixture
def hub() -> Iterator[str]:
    """A Hub that has no model."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("X-Error-Message", "Repository not found")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def evaluate(model: str, folder: Path, endpoint: str, offline: str = "0") -> tuple[int, str, float]:
    (folder / "cache" / "models--Qwen--Qwen3-8B").mkdir(parents=True)
    start = time.monotonic()
    done = script(
        "eval.py", "--model", model, "--evals", "MATH500", "--dataset-path", SAMPLES / "math500.jsonl",
        "--result-dir", folder / "out", "--output-file", folder / "r.txt",
        env={"HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": offline, "HF_HUB_CACHE": str(folder / "cache")},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert not (folder / "out").exists() or not list((folder / "out").glob("*.json"))
    return done.returncode, " ".join(done.stderr.split()), time.monotonic() - start


def test_an_unknown_name(hub: str, tmp_path: Path) -> None:
    status, told, seconds = evaluate("Qwen/Qwen3-8", tmp_path, hub)
    assert status == 1
    assert "The Hub has no model Qwen/Qwen3-8, or it is private" in told
    assert "Did you mean Qwen/Qwen3-8B?" in told
    assert seconds < 15


def test_offline(tmp_path: Path) -> None:
    status, told, seconds = evaluate("Qwen/Qwen3-8", tmp_path, "http://127.0.0.1:9", offline="1")
    assert status == 1
    assert "is not in the Hub's cache on this machine, and HF_HUB_OFFLINE is set" in told
    assert seconds < 15


@pytest.mark.parametrize("silent", [False, True])
def test_a_hub_that_is_not_there(tmp_path: Path, silent: bool) -> None:
    """Nothing listens, or something takes the connection and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if silent:
            listening.listen(8)
        status, told, seconds = evaluate("org/model", tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}")
    assert status == 1
    assert "The Hub cannot be reached" in told
    assert "HF_HUB_OFFLINE" not in told
    assert seconds < 20
