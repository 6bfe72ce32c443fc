"""Whose fault a refusal is where several servers or keys are in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.api_engine import AnyServer, chat_answer, collected, key_file, requests

from util.engines.openai.engine import OpenAIEngine
from util.engines.openai.refusals import Blame, fault_in
from util.engines.options import ApiOptions
from util.engines.prices import Budget


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
