"""The OpenAI-compatible engine over real sockets: retries, refusals, keys, money, and bodies of any kind."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import AnyServer, chat_answer, collected, key_file, requests
from support.limited_server import LimitedServer
from support.waiting import wait_for

from util.engines.base import Completion, Request, Sampling
from util.engines.openai.engine import HOPELESS, OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import Message, SampleId, Usage
from util.system.errors import UserError

KEYS = [f"sk-key-{i}-{i}{i}{i}{i}" for i in range(5)]


def engine(url: str, folder: Path, keys: list[str], budget: Budget | None = None, **options: Any) -> OpenAIEngine:
    options = {"max_retries": 8, **options}
    return OpenAIEngine("gpt-x", ApiOptions(base_url=url, keys=key_file(folder, keys), **options), budget or Budget())


def answered(behaviour: Any, folder: Path, wanted: list[Request], **options: Any) -> dict[str, Completion]:
    """The completions by key; one request at a time, so that their order is known."""
    server = AnyServer(behaviour)
    try:
        made = engine(server.url, folder, KEYS[:1], **{"concurrency": 1, "max_retries": 0, **options})
        return {completion.sample.key: completion for completion in collected(made, wanted)}
    finally:
        server.close()


# -- keys and limits ----------------------------------------------------------------------------------------------------


def test_every_key_gets_its_share_and_no_limit_is_passed(tmp_path: Path) -> None:
    rpm, burst, count = 3000, 60, 2000
    server = LimitedServer(rpm, burst, faults=0.1)
    try:
        completions = collected(engine(server.url, tmp_path, KEYS), requests(count))
    finally:
        server.close()
    assert sorted(c.sample.key for c in completions) == sorted(f"q{i}" for i in range(count))
    assert all(c.response.finish_reason == "stop" for c in completions)
    # A cut connection or garbage was no answer: the server counts what it finished.
    assert set(server.answered.values()) == {1}
    sent = sum(server.by_key.values())
    for key in KEYS:
        assert abs(server.by_key[key] - sent / len(KEYS)) <= 0.15 * sent / len(KEYS)
    # Requests that a key's limit refused, against all: the limits are kept from this side. The server's clock runs on while a
    # busy machine lets this process wait: 2.4 % were seen then, at most 2 % on an idle one.
    assert sum(server.limited.values()) <= 0.04 * sent


def test_dead_keys_are_retired_and_the_run_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = LimitedServer(60_000, 1000, refused=(KEYS[0],), exhausted=(KEYS[1],))
    try:
        completions = collected(engine(server.url, tmp_path, KEYS[:3]), requests(60))
    finally:
        server.close()
    assert len(completions) == 60
    assert server.by_key == {KEYS[2]: 60}
    printed = capsys.readouterr().err
    assert "key ...0000 is out: the API refuses it (API status 401: no such key)" in printed
    assert "key ...1111 is out: the API refuses it (API status 429: pay first)" in printed
    assert "sk-key" not in printed


def test_without_a_live_key_it_stops_and_says_so(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000, refused=tuple(KEYS[:2]))
    try:
        with pytest.raises(UserError, match="No API key is left") as failure:
            collected(engine(server.url, tmp_path, KEYS[:2]), requests(10))
    finally:
        server.close()
    assert "rerun the same command" in str(failure.value)
    assert "sk-key" not in str(failure.value)


def test_own_limits_are_kept(tmp_path: Path) -> None:
    server = LimitedServer(1e9, 1e9)
    start = time.monotonic()
    try:
        collected(engine(server.url, tmp_path, KEYS[:2], rpm=60), requests(124))
    finally:
        server.close()
    # Two buckets of 60 are empty at once; the last four need two seconds more.
    assert time.monotonic() - start >= 1.5


# -- money ----------------------------------------------------------------------------------------------------------------


def test_max_cost_is_not_exceeded(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000)
    # An answer of the stub: 10 prompt and 5 completion tokens.
    budget = Budget((1000.0, 2000.0), limit=0.50)
    completions: list[Completion] = []
    try:
        with pytest.raises(UserError, match="--max-cost"):
            collected(engine(server.url, tmp_path, KEYS[:1], budget, concurrency=4), requests(100), completions)
    finally:
        server.close()
    assert 10 <= len(completions) <= 25
    assert budget.spent == pytest.approx(0.02 * len(completions))
    assert budget.spent <= 0.50 + 1e-9
    assert budget.reserved == pytest.approx(0)
    assert "$" in budget.summary()


def test_answers_that_arrive_with_a_failure_are_kept(tmp_path: Path) -> None:
    """A round of the engine may end with an answer and with the end of the run at once."""
    server = LimitedServer(60_000, 1000)
    budget = Budget((1000.0, 2000.0), limit=0.10)
    made = engine(server.url, tmp_path, KEYS[:1], budget, concurrency=4)
    completions: list[Completion] = []

    async def main() -> None:
        async for completion in made.generate(requests(40)):
            completions.append(completion)
            # The caller is busy until everything that was sent has been answered.
            wait_for(lambda: sum(server.answered.values()) == sum(server.by_key.values()))

    try:
        with pytest.raises(UserError, match="--max-cost"):
            asyncio.run(main())
    finally:
        server.close()
    assert len(completions) == sum(server.answered.values())


def test_answers_that_cannot_be_used_are_paid_for_and_their_tokens_kept(tmp_path: Path) -> None:
    server = AnyServer(lambda text: {**chat_answer(), "choices": []})
    budget = Budget((1.0, 1.0))
    try:
        [completion] = collected(engine(server.url, tmp_path, KEYS[:1], budget, max_retries=1), requests(1))
    finally:
        server.close()
    assert len(server.texts) == 2
    assert (budget.answers, budget.prompt_tokens, budget.completion_tokens) == (0, 20, 10)
    assert completion.response.failed
    assert not completion.response.final
    assert completion.response.usage == Usage(20, 10)
    assert "not a chat completion" in completion.response.error


# -- stopping -------------------------------------------------------------------------------------------------------------


def test_a_stop_past_its_time_still_yields_what_has_arrived(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000)
    made = engine(server.url, tmp_path, KEYS[:1], concurrency=4)
    made.drain_seconds = 0.0
    completions: list[Completion] = []

    async def main() -> None:
        async for completion in made.generate(requests(40)):
            completions.append(completion)
            if len(completions) == 1:
                made.stop()
                wait_for(lambda: sum(server.answered.values()) == sum(server.by_key.values()))

    try:
        asyncio.run(main())
    finally:
        server.close()
    assert len(completions) == sum(server.answered.values()) < 40


def test_a_stop_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    sent, released = threading.Event(), threading.Event()

    def stuck(text: str) -> Any:
        """q1 is under way before q0 is answered, and gets no answer itself."""
        if text == "q1":
            sent.set()
            released.wait()
        else:
            assert sent.wait(120)
        return chat_answer()

    server = AnyServer(stuck)
    made = engine(server.url, tmp_path, KEYS[:1], concurrency=2)
    made.drain_seconds = 0.0

    async def main() -> list[str]:
        found = []
        async for completion in made.generate(requests(2)):
            found.append(completion.sample.key)
            made.stop()
        return found

    try:
        assert asyncio.run(main()) == ["q0"]
    finally:
        released.set()
        server.close()


def test_a_source_that_fails_costs_nothing_that_was_sent(tmp_path: Path) -> None:
    def broken() -> Iterator[Request]:
        yield from requests(3)
        raise OSError("the disk is gone")

    server = AnyServer(lambda text: chat_answer())
    completions: list[Completion] = []
    try:
        with pytest.raises(OSError, match="disk"):
            collected(engine(server.url, tmp_path, KEYS[:1]), broken(), completions)
    finally:
        server.close()
    assert sorted(c.sample.key for c in completions) == ["q0", "q1", "q2"]


# -- refusals -------------------------------------------------------------------------------------------------------------


def refusing(*texts: str, status: int = 400, error: Any = None) -> Any:
    """A server that refuses some requests without a reason that would tell whose fault it is."""
    return lambda text: (status, {"error": error or {"message": "no"}}) if text in texts else chat_answer()


def test_refusals_before_the_first_success_are_settled_by_it(tmp_path: Path) -> None:
    found = answered(refusing("q0", "q1", "q3"), tmp_path, requests(4))
    assert not found["q2"].response.failed
    for key in ("q0", "q1", "q3"):
        assert found[key].response.error.startswith("API status 400")
        assert found[key].response.final


def test_refusals_without_any_success_may_be_tried_again(tmp_path: Path) -> None:
    found = answered(refusing("q0", "q1"), tmp_path, requests(2))
    assert [completion.response.final for completion in found.values()] == [False, False]


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_run_of_refusals_is_the_commands_fault(tmp_path: Path, status: int) -> None:
    everything = refusing(*(f"q{i}" for i in range(50)), status=status)
    with pytest.raises(UserError, match="refuses every request: API status"):
        answered(everything, tmp_path, requests(50))
    assert len(answered(everything, tmp_path, requests(HOPELESS - 1))) == HOPELESS - 1


@pytest.mark.parametrize("status", [402, 404, 405])
def test_statuses_of_the_command_end_the_run_at_once(tmp_path: Path, status: int) -> None:
    with pytest.raises(UserError, match=f"API status {status}"):
        answered(refusing("q0", "q1", "q2", status=status), tmp_path, requests(3))


@pytest.mark.parametrize("status", [404, 405])
def test_a_model_that_was_there_may_come_back(tmp_path: Path, status: int) -> None:
    seen: list[str] = []

    def gone_once(text: str) -> Any:
        seen.append(text)
        return (
            (status, {"error": {"message": "no such model"}})
            if text == "q1" and seen.count("q1") == 1
            else chat_answer()
        )

    found = answered(gone_once, tmp_path, requests(3), concurrency=1, max_retries=1)
    assert not any(completion.response.failed for completion in found.values())


def test_a_token_limit_without_a_number_is_halved_until_it_fits(tmp_path: Path) -> None:
    error = {"message": "max_tokens is too large for the completion", "param": "max_tokens", "code": "invalid_value"}
    server = AnyServer(lambda text: chat_answer())
    small = {"max_tokens": 2000}
    server.check = lambda body: None if body["max_tokens"] <= small["max_tokens"] else (400, {"error": error})
    try:
        [found] = collected(engine(server.url, tmp_path, KEYS[:1]), requests(1, max_tokens=7000))
    finally:
        server.close()
    assert not found.response.failed
    assert found.response.extra["max_tokens"] == 1750
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    "error", [{"message": "x", "code": "context_length_exceeded"}, {"message": "maximum context length is 10"}]
)
def test_a_requests_own_fault_is_final_and_counts_against_nobody(tmp_path: Path, error: dict[str, Any]) -> None:
    count = 3 * HOPELESS
    found = answered(refusing(*(f"q{i}" for i in range(count)), error=error), tmp_path, requests(count))
    assert len(found) == count
    assert all(c.response.failed and c.response.final for c in found.values())


ERRORS = [
    "text",
    [],
    None,
    {"code": []},
    {"code": {}, "param": []},
    {"message": {"a": 1}},
    {"message": None, "code": 3},
]


def test_errors_of_any_form_are_refusals(tmp_path: Path) -> None:
    errors = [*ERRORS, "q0 is fine"]
    found = answered(
        lambda text: chat_answer() if text == "q0" else (400, {"error": errors[int(text[1:]) - 1]}),
        tmp_path,
        requests(len(errors)),
    )
    assert not found.pop("q0").response.failed
    assert len(found) == len(ERRORS)
    assert all(c.response.error.startswith("API status 400") and c.response.final for c in found.values())


def test_a_server_that_cannot_be_reached_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
        with pytest.raises(UserError, match=r"No server can be reached \(http://127.0.0.1:\d+/v1: ConnectError"):
            collected(engine(url, tmp_path, KEYS[:1], max_retries=0, concurrency=1), requests(1))
    assert "cannot be reached" in capsys.readouterr().err


# -- what goes out and comes back -------------------------------------------------------------------------------------------


def test_bodies_have_what_was_asked_for_and_nothing_else(tmp_path: Path) -> None:
    messages = [Message("system", "s"), Message("user", "é")]
    wanted = [
        Request(SampleId("a"), messages, Sampling(0.7, 0.95, 800, 123)),
        Request(SampleId("b"), messages[1:], Sampling(0.0, max_tokens=16)),
        Request(SampleId("c"), messages[1:], Sampling(0.0, logprobs=True)),
    ]
    server = AnyServer(lambda text: chat_answer())
    try:
        collected(engine(server.url, tmp_path, KEYS[:1], concurrency=1), wanted)
        collected(
            OpenAIEngine("o1-mini", ApiOptions(base_url=server.url, keys=tmp_path / "keys.txt"), Budget()), wanted[:1]
        )
    finally:
        server.close()
    streamed = b'"stream":true,"stream_options":{"include_usage":true}}'
    assert server.bodies == [
        b'{"model":"gpt-x","messages":[{"role":"system","content":"s"},{"role":"user","content":"\xc3\xa9"}],"max_tokens":800,"temperature":0.7,"top_p":0.95,"seed":123,'
        + streamed,
        b'{"model":"gpt-x","messages":[{"role":"user","content":"\xc3\xa9"}],"max_tokens":16,"temperature":0.0,'
        + streamed,
        b'{"model":"gpt-x","messages":[{"role":"user","content":"\xc3\xa9"}],"max_tokens":32768,"temperature":0.0,"logprobs":true,'
        + streamed,
        b'{"model":"o1-mini","messages":[{"role":"system","content":"s"},{"role":"user","content":"\xc3\xa9"}],"max_completion_tokens":800,'
        + streamed,
    ]


def test_half_a_character_in_a_prompt_is_sent_as_the_replacement_character(tmp_path: Path) -> None:
    half = Request(SampleId("half"), [Message("user", "half a character: \ud800")], Sampling(0.0))
    found = answered(lambda text: chat_answer(text), tmp_path, [half])
    assert found["half"].response.content == "half a character: \ufffd"


DEEP = b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


BROKEN = [
    b"", b"<html>", b"\xff\xfe\x00", b"{", DEEP, b"9" * 10_000, [], 3, None, "text", {}, {"choices": {"0": 1}},
    {"choices": [None]}, {"choices": ["x"]}, {"choices": [{"message": None}]},
]  # fmt: skip


def test_bodies_that_are_no_chat_completion_are_failures_with_a_reason(tmp_path: Path) -> None:
    found = answered(lambda text: BROKEN[int(text[1:])], tmp_path, requests(len(BROKEN)))
    assert len(found) == len(BROKEN)
    for key, completion in found.items():
        assert completion.response.failed, key
        assert not completion.response.final, key
        assert "the body is not" in completion.response.error, key


UNUSUAL_USAGE = [
    None, {}, [], "x", {"prompt_tokens": None}, {"prompt_tokens": -1, "completion_tokens": 3}, {"completion_tokens": 10**400},
    {"prompt_tokens": 1, "completion_tokens": 10**12}, {"prompt_tokens": float("nan"), "completion_tokens": 1},
]  # fmt: skip


def test_an_answer_without_usage_is_an_answer(tmp_path: Path) -> None:
    bodies = [{**chat_answer(), "usage": usage} for usage in UNUSUAL_USAGE]
    found = answered(lambda text: bodies[int(text[1:])], tmp_path, requests(len(bodies)))
    assert [completion.response.content for completion in found.values()] == ["two"] * len(bodies)
    for completion in found.values():
        usage = completion.response.usage
        assert usage is not None
        assert usage.estimated
        assert usage.prompt_tokens > 0
        assert usage.completion_tokens == 1


def test_a_withheld_response_is_final_and_its_tokens_are_kept(tmp_path: Path) -> None:
    bodies = {"q0": chat_answer(reason="content_filter"), "q1": chat_answer(None, refusal="no"), "q2": chat_answer()}
    budget = Budget((1.0, 1.0))
    found = answered(bodies.get, tmp_path, requests(3), budget=budget)
    for key in ("q0", "q1"):
        assert found[key].response.failed
        assert found[key].response.final
        assert found[key].response.usage == Usage(10, 5)
    assert (budget.prompt_tokens, budget.completion_tokens) == (30, 15)
    assert budget.answers == 1  # what is withheld does not tell how long answers are
