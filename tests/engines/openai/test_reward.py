"""Scores by a reward model's server: one that is missing stops nothing, a server that is gone does."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from support.serving import Quiet, Served

from util.engines.openai import reward
from util.engines.openai.reward import CONCURRENCY, RewardModel, rewards, score_of
from util.records import Message
from util.system.errors import UserError


class RewardServer(Served):
    """Scores 0.5 at one path; refuses "long" and fails at "down". It counts how many it has at once."""

    def __init__(self, path: str = "/classify", release: int = 0) -> None:
        """release: hold answers until so many requests wait."""
        self.bodies: list[dict[str, Any]] = []
        self.most = waiting = 0
        full = threading.Condition()
        outer = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path != path:
                    return self.reply(404, b"{}")
                if b"long" in body or b"down" in body:
                    return self.reply(400 if b"long" in body else 503, b'{"error": "no"}')
                nonlocal waiting
                with full:
                    outer.bodies.append(json.loads(body))
                    waiting += len(outer.bodies) > 1  # the first is the trial
                    outer.most = max(outer.most, waiting)
                    full.notify_all()
                    full.wait_for(lambda: outer.most >= release or len(outer.bodies) == 1, timeout=60)
                    waiting -= len(outer.bodies) > 1
                return self.reply(200, b'{"data": [{"probs": [0.5]}]}')

        self.serve(Handler)


def conversations(**texts: str) -> list[tuple[str, list[Message]]]:
    return [(name, [Message("user", "q"), Message("assistant", text)]) for name, text in texts.items()]


def scores(server: Served, items: list[Any]) -> dict[str, float | None]:
    async def main() -> dict[str, float | None]:
        return {name: score async for name, score in rewards(RewardModel("judge", server.url + "/v1"), items)}

    return asyncio.run(main())


def test_a_response_that_the_reward_model_refuses_holds_up_nothing() -> None:
    server = RewardServer()
    items = conversations(a="fine", b="long " * 10, c="half a character: \ud800")
    assert scores(server, items) == {"a": 0.5, "b": None, "c": 0.5}
    server.close()
    assert scores(server, []) == {}  # nothing to score: nobody is asked
    with pytest.raises(UserError, match="gives no score"):
        scores(server, items)


def test_the_other_endpoint_is_found_and_bodies_are_conversations() -> None:
    server = RewardServer("/pooling")
    assert scores(server, conversations(a="fine")) == {"a": 0.5}
    server.close()
    assert server.bodies[-1] == {
        "model": "judge", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "fine"}]
    }  # fmt: skip


def test_as_many_as_allowed_are_in_flight() -> None:
    server = RewardServer(release=CONCURRENCY)
    found = scores(server, conversations(**{f"n{i}": "fine" for i in range(3 * CONCURRENCY)}))
    server.close()
    assert len(found) == 3 * CONCURRENCY
    assert server.most == CONCURRENCY


def test_a_server_that_stops_answering_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reward, "ATTEMPTS", 1)
    server = RewardServer()
    with pytest.raises(UserError, match="stopped answering"):
        scores(server, conversations(a="down"))
    server.close()


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ({"data": [{"probs": [0.1, 0.9]}]}, 0.9),
        ({"data": [{"data": 3}]}, 3.0),
        ({"data": [{"data": [[0.1], []]}]}, None),
        ({"data": [{"probs": ["x"]}]}, None),
        ({"data": [{"data": [10**400]}]}, None),
        ({"data": []}, None),
        ([], None),
    ],
)
def test_scores_of_bodies(body: Any, score: float | None) -> None:
    assert score_of(body) == score
