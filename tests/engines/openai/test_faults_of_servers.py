"""Whose fault a refusal is where several servers or keys are in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import AnyServer, chat_answer, collected, key_file, requests
from support.serving import free_port

from util.engines.openai.engine import OpenAIEngine
from util.engines.openai.refusals import Blame, fault_in
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import SampleId, Usage
from util.system.errors import UserError


def test_what_one_server_does_not_understand_goes_to_another(tmp_path: Path) -> None:
    strange = AnyServer(lambda text: (400, {"error": {"message": "something is wrong here"}}))
    sound = AnyServer(lambda text: chat_answer())
    try:
        options = ApiOptions(
            base_url=[strange.url, sound.url], keys=key_file(tmp_path, ["sk-a"]), max_retries=0, concurrency=4
        )
        found = collected(OpenAIEngine("m", options, Budget()), requests(30))
    finally:
        strange.close()
        sound.close()
    assert [each.response.finish_reason for each in found] == ["stop"] * 30


@pytest.mark.parametrize(
    ("message", "blame"),
    [
        ("authentication service unavailable, try again", Blame.MOMENT),
        ("Temporary failure while checking the token", Blame.MOMENT),
        ("The lookup of the key timed out", Blame.MOMENT),
        ("Incorrect API key provided. Please try again with another", Blame.KEY),
        ("", Blame.KEY),
    ],
)
def test_a_401_of_the_moment_retires_no_key(message: str, blame: Blame) -> None:
    assert fault_in(401, {"error": {"message": message}}).blame is blame


def test_the_limits_of_one_server_do_not_bind_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One has a context of 2,000 tokens, one of 100, which the prompt of q7 alone exceeds."""

    def bounded(context: int) -> AnyServer:
        server = AnyServer(lambda text: chat_answer())

        def check(body: dict[str, Any]) -> Any:
            prompt = 200 if body["messages"][-1]["content"] == "q7" else 10
            if prompt + body["max_tokens"] <= context:
                return None
            message = (
                f"This model's maximum context length is {context} tokens. However, you requested {body['max_tokens']} "
                f"output tokens and your prompt contains {prompt} input tokens."
            )
            return 400, {"error": {"message": message}}

        server.check = check
        return server

    small, large = bounded(100), bounded(2000)
    try:
        options = ApiOptions(
            base_url=[small.url, large.url], keys=key_file(tmp_path, ["sk-a"]), max_retries=0, concurrency=4
        )
        found = collected(OpenAIEngine("m", options, Budget()), requests(40, max_tokens=1000))
    finally:
        small.close()
        large.close()
    assert [each.response.error for each in found] == [""] * 40
    asked = [json.loads(body)["max_tokens"] for body in large.bodies]
    assert set(asked) == {1000}
    assert len(small.texts) > 10
    said = capsys.readouterr().err
    assert said.count("leaves fewer than --max-tokens") == 1
    assert small.url in said


class Attempts:
    """Keeps what an engine reports of its attempts."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def sent(self, sample: SampleId, prompt_tokens: int, after: int = 0) -> bool:
        self.kinds.append("sent")
        return True

    def paid(self, sample: SampleId, usage: Usage) -> None:
        self.kinds.append("paid")


def test_only_requests_that_leave_count_as_sent() -> None:
    """A request without a connection is none, so that a run that dies then is charged for nothing."""
    attempts = Attempts()
    engine = OpenAIEngine("m", ApiOptions(base_url=f"http://127.0.0.1:{free_port()}/v1"), Budget())
    engine.account(attempts)
    with pytest.raises(UserError, match="No server can be reached"):
        collected(engine, requests(3))
    assert attempts.kinds == []
    server = AnyServer(lambda text: (500, {"error": {"message": "no"}}) if len(server.texts) < 3 else chat_answer())
    engine = OpenAIEngine("m", ApiOptions(base_url=server.url, max_retries=5, concurrency=1), Budget())
    engine.account(attempts)
    try:
        collected(engine, requests(3))
    finally:
        server.close()
    assert (attempts.kinds.count("sent"), attempts.kinds.count("paid")) == (5, 2)
