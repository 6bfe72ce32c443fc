"""Responses of servers that go on where they stopped: the record is that of one piece, and no token is paid twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed
from support.token_server import LOGPROB, PROMPT, TokenServer

from util.engines.base import Completion, Request, Sampling
from util.engines.loops import LoopRule
from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import BEGUN_ANEW, LOST_TOKENS, Increment, Message, SampleId, Usage
from util.results.store import ResultStore
from util.run.keeping import KeptPartials, connect, more_of

WORDS = [f"w{i} ".encode() for i in range(20)]
EMOJI = [b"a", *(bytes([byte]) for byte in "😀é你".encode()), b"z", *(bytes([byte]) for byte in "👍".encode())]
SAMPLING = Sampling(0.7, max_tokens=100, seed=5)


def request(sampling: Sampling = SAMPLING) -> Request:
    return Request(SampleId("q", 0.7), [Message("user", "q")], sampling)


def opened(folder: Path, every: int = 1) -> ResultStore:
    store = ResultStore(folder / "r.json", partial_tokens=every)
    settings = {"model": "m", "max_tokens": 100, "n": 1, "temperatures": ["0.7"]}
    store.check_settings(settings)
    store.begin({"settings": settings, "partial_tokens": every})
    return store


def run(server: TokenServer, store: ResultStore, sampling: Sampling = SAMPLING, stop_after: float | None = None) -> Any:
    """The completion of one request; None where the run was ended before."""
    engine = OpenAIEngine("m", ApiOptions(base_url=server.url, max_retries=30), Budget())
    kept = connect(engine, store)
    engine.account(store.spending)
    found: list[Completion] = []

    async def main() -> None:
        async for completion in engine.generate([kept.up_to_date(request(sampling))]):
            found.append(completion)

    async def ended() -> None:
        task = asyncio.create_task(main())
        await asyncio.wait([task], timeout=stop_after)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main() if stop_after is None else ended())
    if found and store.partials is not None:
        store.partials.done(found[0].sample)  # as when the completion is written
    return found[0] if found else None


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("util.engines.openai.engine.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("util.engines.openai.engine.LONGEST_PAUSE", 0.01)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    with closing(opened(tmp_path)) as made:
        yield made


@pytest.mark.parametrize("interval", [1, 3])
@pytest.mark.parametrize("tokens", [WORDS, EMOJI], ids=["words", "characters of several tokens"])
def test_a_stream_that_breaks_goes_on(store: ResultStore, tokens: list[bytes], interval: int) -> None:
    whole = b"".join(tokens).decode()
    for cut in range(interval, len(tokens), interval):
        server = TokenServer(tokens, cuts=[cut], interval=interval)
        with closing(server):
            made = run(server, store)
        response = made.response
        assert (response.content, response.finish_reason) == (whole, "stop"), cut
        assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (len(PROMPT), len(tokens))
        [at] = response.continued
        assert cut - 4 < at <= cut
        assert made.reused == at
        # Only the tokens of a character that was not complete are made again.
        assert server.made == len(tokens) + cut - at
        assert BEGUN_ANEW not in response.extra
        [(_, first), (path, second)] = server.bodies
        assert path == "completions"
        assert second["prompt"] == PROMPT + list(range(at))
        assert second["max_tokens"] == 100 - at
        assert second["seed"] != first["seed"]


def test_many_breaks_and_log_probabilities(store: ResultStore) -> None:
    server = TokenServer(WORDS, cuts=[4, 9, 13])
    with closing(server):
        made = run(server, store, Sampling(0.7, max_tokens=100, seed=5, logprobs=True, args={"min_tokens": 10}))
    assert made.response.content == b"".join(WORDS).decode()
    assert made.response.continued == (4, 9, 13)
    assert made.response.logprob == pytest.approx(LOGPROB * len(WORDS))
    assert [body.get("min_tokens") for _, body in server.bodies] == [10, 6, 1, 0]
    assert server.made == len(WORDS)
    # The bill: each request pays for its prompt, and every token once.
    assert store.ledger.completion_tokens == len(WORDS) - 7  # the completion is not in the journal yet
    store.add(made.sample, made.response, paid={"prompt_tokens": made.paid.prompt_tokens, "completion_tokens": 7})
    assert store.ledger.completion_tokens == len(WORDS)
    assert store.ledger.prompt_tokens == 4 * len(PROMPT) + 4 + 9 + 13


@pytest.mark.parametrize("end", [b"</think>", b"[/THINK]", b"<|END_THINKING|>"])
def test_a_thought_goes_on_as_a_thought(store: ResultStore, end: bytes) -> None:
    tokens = [*(f"t{i} ".encode() for i in range(6)), end, *(f"a{i} ".encode() for i in range(5))]
    whole = TokenServer(tokens, thought=6)
    with closing(whole):
        expected = run(whole, store).response.content
    assert expected == "<think>\nt0 t1 t2 t3 t4 t5 \n</think>\n\na0 a1 a2 a3 a4 "
    for cut in range(1, len(tokens)):
        server = TokenServer(tokens, thought=6, cuts=[cut])
        with closing(server):
            made = run(server, store)
        assert made.response.content == expected, cut
        assert server.made == len(tokens)


@pytest.mark.parametrize(
    ("server", "args", "why"),
    [
        ({"statuses": {"completions": 404}}, {}, "refuses to continue a response (API status 404: not here)"),
        ({"statuses": {"/detokenize": 404}}, {}, "does not say where characters end"),
        ({"owner": "else"}, {}, "the server cannot continue a response"),
        ({}, {"presence_penalty": 1.0}, "presence_penalty would not count the tokens so far"),
    ],
)
def test_what_cannot_go_on_begins_anew_and_says_so(
    store: ResultStore, server: dict[str, Any], args: dict[str, Any], why: str
) -> None:
    running = TokenServer(WORDS, cuts=[7], **server)
    with closing(running):
        made = run(running, store, Sampling(0.7, max_tokens=100, seed=5, args=args))
    assert made.response.content == b"".join(WORDS).decode()
    assert made.response.continued == ()
    assert why in made.response.extra[BEGUN_ANEW]
    assert made.response.extra[LOST_TOKENS] == 7
    assert running.made == len(WORDS) + 7
    assert {path for path, _ in running.bodies} == {"chat/completions"}


def test_sglang_goes_on_with_the_text(store: ResultStore) -> None:
    server = TokenServer(WORDS, owner="sglang", cuts=[7])
    with closing(server):
        made = run(server, store)
    assert made.response.content == b"".join(WORDS).decode()
    assert made.response.continued == (7,)
    assert server.made == len(WORDS)
    path, body = server.bodies[1]
    assert path == "chat/completions"
    assert body["continue_final_message"] is True
    assert body["messages"][-1] == {"role": "assistant", "content": b"".join(WORDS[:7]).decode()}
    assert body["max_tokens"] == 93


@pytest.mark.parametrize("thought", [0, 6])
def test_a_higher_limit_goes_on_after_a_death_too(tmp_path: Path, thought: int) -> None:
    tokens = [*WORDS[:6], b"</think>", *WORDS[7:]]
    server = TokenServer(tokens, thought=thought)
    with closing(server), closing(opened(tmp_path)) as store:
        expected = run(server, store).response.content
        short = run(server, store, Sampling(0.7, max_tokens=4, seed=5))
        assert short.response.finish_reason == "length"
        assert short.cut.ids == [0, 1, 2, 3]
    folder = tmp_path / "grown"
    with closing(ResultStore(folder / "r.json", partial_tokens=2)) as store:
        store.check_settings({"max_tokens": 4, "n": 1, "temperatures": ["0.7"]})
        store.begin({"settings": {"max_tokens": 4, "n": 1, "temperatures": ["0.7"]}})
        store.add(short.sample, short.response, **more_of(short))
    server = TokenServer(tokens, thought=thought, cuts=[9])
    with closing(server), closing(ResultStore(folder / "r.json", partial_tokens=2)) as store:
        store.check_settings({"max_tokens": 100, "n": 1, "temperatures": ["0.7"]})
        made = run(server, store)
        assert made.response.content == expected
        assert made.response.continued == (4, 9)
        assert server.made == len(tokens) - 4
        store.add(made.sample, made.response)
    assert not (folder / "r.partial.jsonl").exists()


def test_an_ended_run_keeps_what_has_come(tmp_path: Path) -> None:
    class Slow(TokenServer):
        def _is_cut(self, chunk: dict[str, Any]) -> bool:
            import time

            time.sleep(0.1)
            return super()._is_cut(chunk)

    server = Slow(WORDS)
    with closing(server), closing(opened(tmp_path, every=1000)) as store:
        assert run(server, store, stop_after=1.0) is None
    quick = TokenServer(WORDS)
    with closing(quick), closing(opened(tmp_path, every=1000)) as store:
        made = run(quick, store)
        assert made.response.content == b"".join(WORDS).decode()
        assert made.reused == len(WORDS) - quick.made > 3


def test_a_response_at_its_limit_costs_no_request(store: ResultStore) -> None:
    sampling, text = Sampling(0.7, max_tokens=10, seed=5), b"".join(WORDS[:10]).decode()
    KeptPartials(store).append(request(sampling), Increment(list(range(10)), text=text, prompt=PROMPT, start=0))
    server = TokenServer(WORDS)
    with closing(server):
        made = run(server, store, sampling)
    assert server.bodies == []
    assert (made.response.content, made.response.finish_reason) == (text, "length")
    assert (made.response.usage.prompt_tokens, made.response.usage.completion_tokens) == (len(PROMPT), 10)
    assert made.paid == Usage()


def test_a_log_probability_that_is_not_known_is_not_made_up(store: ResultStore) -> None:
    """The tokens so far are of a run that did not ask for them."""
    sampling, text = Sampling(0.7, max_tokens=100, seed=5, logprobs=True), b"".join(WORDS[:10]).decode()
    KeptPartials(store).append(request(sampling), Increment(list(range(10)), text=text, prompt=PROMPT, start=0))
    server = TokenServer(WORDS)
    with closing(server):
        made = run(server, store, sampling)
    assert made.response.content == b"".join(WORDS).decode()
    assert made.reused == 10
    assert made.response.logprob is None


@pytest.mark.parametrize("owner", ["vllm", "other"])
def test_a_response_that_repeats_itself_without_end_is_stopped(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    monkeypatch.setattr("util.engines.openai.resuming.CHARACTERS", LoopRule(length=120, longest=40, every=30))
    monkeypatch.setattr("util.engines.openai.resuming.TOKENS", LoopRule(length=20, longest=5, every=10))
    tokens = [b"Well, ", *[b"so "] * 80]
    for stops in (True, False):
        with closing(TokenServer(tokens, owner=owner, same=owner == "vllm", pause=0.01)) as server:
            response = run(server, store, changed(SAMPLING, stop_loops=stops)).response
        if stops:
            assert response.finish_reason == "repetition"
            assert response.content.startswith("Well, so so so ")
            assert 20 <= response.usage.completion_tokens < 80
        else:
            assert (response.finish_reason, response.content) == ("stop", b"".join(tokens).decode())
