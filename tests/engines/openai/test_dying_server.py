"""A server that ends, and still answers with errors on the connections that are open."""

from __future__ import annotations

import json
import threading

import pytest
from support.api_engine import chat_answer, collected, requests
from support.serving import Listener, Quiet, free_port

from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget


class DyingServer:
    """Answers once and is gone for a second; then it sends ``status`` for ``faults`` requests, and then it answers.

    poison: words of a prompt that it never answers.
    """

    def __init__(self, status: int, faults: int, poison: bytes = b"none") -> None:
        self.port, self.posts = free_port(), 0
        outer, one_at_a_time = self, threading.Lock()

        class Handler(Quiet):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                with one_at_a_time:
                    outer.posts += 1
                    number = outer.posts
                ill = 1 < number <= 1 + faults or poison in sent
                body = {"error": {"message": "EngineCore encountered an issue"}} if ill else chat_answer()
                if number == 1:  # nobody listens any more before the client can send again
                    outer.close()
                    threading.Timer(1.0, outer._serve).start()
                headers = {"Connection": "close"} if number == 1 else {}
                self.reply(status if ill else 200, json.dumps(body).encode(), headers)

        self._handler = Handler
        self._serve()

    def _serve(self) -> None:
        self._server = Listener(("127.0.0.1", self.port), self._handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(("status", "retries"), [(500, 2), (502, 0), (503, 0), (504, 0)])
def test_errors_of_a_server_that_is_down_are_no_sign_of_life(
    capsys: pytest.CaptureFixture[str], status: int, retries: int
) -> None:
    server = DyingServer(status, faults=4)
    try:
        options = ApiOptions(base_url=f"http://127.0.0.1:{server.port}/v1", concurrency=1, max_retries=retries)
        found = collected(OpenAIEngine("m", options, Budget()), requests(12))
    finally:
        server.close()
    assert not any(completion.response.error for completion in found)
    assert server.posts == 12 + 4
    said = capsys.readouterr().err
    assert said.count("cannot be reached") == said.count("answers again") == 1, said


def test_a_row_that_fails_always_does_not_hold_up_the_others_while_the_server_is_down() -> None:
    server = DyingServer(504, faults=2, poison=b"q1")
    try:
        options = ApiOptions(base_url=f"http://127.0.0.1:{server.port}/v1", concurrency=1, max_retries=1)
        found = collected(OpenAIEngine("m", options, Budget()), requests(6))
    finally:
        server.close()
    failed = [completion for completion in found if completion.response.error]
    assert [completion.sample.key for completion in failed] == ["q1"]
    assert len(found) == 6
