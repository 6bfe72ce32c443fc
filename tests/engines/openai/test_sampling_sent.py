"""What goes to servers of one's own: every sampling value, whatever their model's own settings, and whenever they start."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from support.api_engine import chat_answer, collected, requests
from support.serving import Listener, Quiet, free_port

from util.engines.base import Request, Sampling
from util.engines.openai.dialect import NEUTRAL, Dialect
from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import Message, SampleId


@pytest.mark.parametrize(("kind", "top_k"), [("vllm", 0), ("sglang", -1)])
def test_a_server_of_ones_own_is_told_every_sampling_value(kind: str, top_k: int) -> None:
    def sent(sampling: Sampling, **options: Any) -> dict[str, Any]:
        body = Dialect("m", kind=kind, **options).body(Request(SampleId("q"), [Message("user", "u")], sampling))
        return {name: body[name] for name in ("temperature", *NEUTRAL)}

    neutral = {**NEUTRAL, "top_k": top_k}
    assert sent(Sampling(0.7)) == {"temperature": 0.7, **neutral}
    assert sent(Sampling(0.7, top_p=0.9)) == {"temperature": 0.7, **neutral, "top_p": 0.9}
    args = {"top_k": 20, "min_p": 0.1, "presence_penalty": 1.5}
    assert sent(Sampling(0.6, 0.95, args=args)) == {"temperature": 0.6, **neutral, "top_p": 0.95, **args}
    assert sent(Sampling(1.0), given=frozenset({"top_p"})) == {"temperature": 1.0, **neutral}


class _LateServer:
    """A vLLM server that starts to listen after ``seconds``."""

    def __init__(self, port: int, seconds: float, serves: str) -> None:
        self.bodies: list[dict[str, Any]] = []
        outer = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                card = {"id": serves, "owned_by": "vllm", "max_model_len": 1000}
                self.reply(200, json.dumps({"data": [card]}).encode())

            def do_POST(self) -> None:
                outer.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.reply(200, json.dumps(chat_answer()).encode())

        def serve() -> None:
            time.sleep(seconds)
            self._server = Listener(("127.0.0.1", port), Handler)
            self._server.serve_forever()

        threading.Thread(target=serve, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_server_that_starts_late_is_told_every_sampling_value_too() -> None:
    port = free_port()
    server = _LateServer(port, 2.0, "m")
    try:
        found = collected(OpenAIEngine("m", ApiOptions(base_url=f"http://127.0.0.1:{port}/v1"), Budget()), requests(20))
    finally:
        server.close()
    assert len(found) == len(server.bodies) == 20
    assert not any(c.response.failed for c in found)
    assert all(body[name] == value for body in server.bodies for name, value in NEUTRAL.items())


def test_a_server_that_starts_late_with_another_model_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    ports = free_port(), free_port()
    urls = [f"http://127.0.0.1:{port}/v1" for port in ports]
    late, right = _LateServer(ports[0], 1.5, "other"), _LateServer(ports[1], 3.0, "m")
    try:
        found = collected(OpenAIEngine("m", ApiOptions(base_url=urls), Budget()), requests(20))
    finally:
        late.close()
        right.close()
    assert late.bodies == []
    assert len(right.bodies) == 20
    assert not any(c.response.failed for c in found)
    assert f"server {urls[0]} is out: it does not serve m, but other" in capsys.readouterr().err
