"""An address at which nothing answers: the command says so within 15 s, refused or not."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from support.scripts import SAMPLES

import inference_and_check
from util.system.errors import UserError


@pytest.fixture
def silent_port() -> object:
    """A port whose queue of connections is full: packets to it are dropped, as those to an unroutable host are."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        held = [socket.socket() for _ in range(4)]
        for each in held:
            each.setblocking(False)
            each.connect_ex(server.getsockname())
        yield server.getsockname()[1]
        for each in held:
            each.close()


def test_a_host_that_takes_no_connection(silent_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    url = f"http://127.0.0.1:{silent_port}/v1"
    rows = ["--dataset", "MATH500", "--dataset-path", str(SAMPLES / "math500.jsonl"), "--end", "2"]
    start = time.monotonic()
    with pytest.raises(UserError) as raised:
        inference_and_check.main([*rows, "--model", "openai/m", "--base-url", url, "--result-dir", str(tmp_path)])
    assert str(raised.value).startswith(
        f"No server can be reached ({url}: no connection within 9.5 s). Check --base-url"
    )
    assert time.monotonic() - start < 15
