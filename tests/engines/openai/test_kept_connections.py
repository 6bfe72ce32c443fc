"""Connections that a server closes between two requests cost neither a try nor money."""

from __future__ import annotations

import json
from pathlib import Path

from support.api_engine import chat_answer, collected, key_file, requests
from support.serving import Quiet, Served

from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget


class ClosingServer(Served):
    """Answers the first request of a connection, and ends the connection at the second."""

    def __init__(self) -> None:
        self.answered = 0
        outer = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"
            used = False

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if self.used:
                    self.close_connection = True
                    return
                self.used = True
                outer.answered += 1
                self.reply(200, json.dumps(chat_answer()).encode(), {"Content-Type": "application/json"})

        self.serve(Handler)
        self.url += "/v1"


def test_a_closed_connection_is_replaced(tmp_path: Path) -> None:
    server, budget = ClosingServer(), Budget((1.0, 1.0))
    try:
        options = ApiOptions(base_url=server.url, keys=key_file(tmp_path, ["sk-a"]), max_retries=0, concurrency=2)
        found = collected(OpenAIEngine("m", options, budget), requests(20))
    finally:
        server.close()
    assert [each.response.finish_reason for each in found] == ["stop"] * 20
    assert server.answered == 20
    assert (budget.prompt_tokens, budget.estimated) == (200, 0)
