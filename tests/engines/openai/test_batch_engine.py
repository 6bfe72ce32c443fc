"""The Batch engine over a real socket: typed outcomes of every line, nothing paid twice, nothing lost between runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import collected, key_file, requests
from support.batch_server import BatchServer
from support.waiting import wait_for

from util.engines.base import Completion, Note, Request, Sampling
from util.engines.openai.batch_engine import BatchEngine
from util.engines.openai.batch_files import request_id
from util.engines.openai.batch_notes import key_name, noted_batches
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import Message, SampleId
from util.system.errors import UserError

KEY = "sk-only-here-9999"


def made(server: BatchServer, folder: Path, notes: list[Note], *keys: str, limit: float | None = None, tries: int = 7) -> BatchEngine:  # fmt: skip
    """An engine whose journal is a list."""
    options = ApiOptions(
        base_url=server.url, keys=key_file(folder, keys or [KEY]), batch=True, batch_poll=0.02, max_retries=tries - 1
    )
    engine = BatchEngine("gpt-4o-mini", options, Budget((1.0, 1.0), limit, lambda request: request.sampling.max_tokens))
    engine.attach(notes, notes.append)
    return engine


def by_key(completions: list[Completion]) -> dict[str, Completion]:
    return {completion.sample.key: completion for completion in completions}


def test_ids_are_those_of_older_journals() -> None:
    """Computed before requests were records; batches that wait at the server are found by them."""
    messages = [Message("system", "Be brief. é"), Message("user", "What is 1+1? \ud800")]
    first = Request(SampleId("key é", 0.7, 3), messages, Sampling(0.7, 0.95, 800, 123))
    assert request_id("gpt-4o-mini", first) == "93f16cd4c2f75aa3e21abb06"
    rewrite = Request(SampleId("q", 0.7, 1), messages[1:], Sampling(0.0, max_tokens=16384))
    assert request_id("gpt-4o-mini", rewrite) == "770548316e7d7c71717440d3"
    assert request_id("o1-mini", Request(SampleId("q", 1.0), [], Sampling(1.0))) == "cae653c08da7e70f714c5282"
    assert key_name("sk-only-here-9999") == "466ce2a1"


def test_notes_of_batches() -> None:
    notes: list[Note] = [
        {"file": "f1", "key": "k", "ids": ["a"]}, {"file": "f1", "batch": "b1"}, {"ended": "b1"},
        {"file": "f2", "key": "k", "ids": ["b"]}, {"file": "f2", "batch": "b2"}, {"file": "f3", "key": "k", "ids": ["c"]},
    ]  # fmt: skip
    assert {file: note.get("batch") for file, note in noted_batches(notes).items()} == {"f2": "b2", "f3": None}


def test_each_line_has_its_outcome_and_is_paid_once(tmp_path: Path) -> None:
    def fate(line: dict[str, Any], seen: int) -> str:
        text = line["body"]["messages"][-1]["content"]
        return {"q0": "400", "q1": "ok"}.get(text) or ("ok" if seen > 1 else "expired" if text == "q2" else "500")

    server, notes = BatchServer(fate=fate), list[Note]()
    try:
        engine = made(server, tmp_path, notes)
        found = by_key(collected(engine, requests(6)))
    finally:
        server.close()
    assert sorted(found) == [f"q{i}" for i in range(6)]
    refused = found.pop("q0").response
    assert (refused.failed, refused.final) == (True, True)
    assert "API status 400: maximum context length" in refused.error
    assert not any(completion.response.failed for completion in found.values())
    assert sorted(server.seen.values()) == [1, 1, 2, 2, 2, 2]
    assert (engine.budget.answers, engine.budget.prompt_tokens, engine.budget.completion_tokens) == (5, 50, 25)
    assert engine.budget.reserved == pytest.approx(0)
    assert noted_batches(notes) == {}


def test_what_never_succeeds_is_given_up_and_may_be_tried_again(tmp_path: Path) -> None:
    server = BatchServer(fate=lambda line, seen: "500")
    try:
        found = collected(made(server, tmp_path, [], tries=2), requests(2))
    finally:
        server.close()
    assert [(c.response.failed, c.response.final) for c in found] == [(True, False)] * 2
    assert set(server.seen.values()) == {2}


def test_a_batch_that_was_sent_is_fetched_by_the_next_run(tmp_path: Path) -> None:
    server, notes = BatchServer(), list[Note]()
    server.released.clear()
    engine = made(server, tmp_path, notes)

    async def stopped() -> None:
        work = asyncio.create_task(anext(engine.generate(requests(3)), None))
        while not any("batch" in note for note in notes):
            await asyncio.sleep(0.01)
        engine.stop()
        assert await work is None

    try:
        asyncio.run(stopped())
        server.released.set()
        # Fewer are wanted now, and one more: of the batch only what is wanted is yielded.
        found = by_key(collected(made(server, tmp_path, notes), requests(4)[1:]))
        assert sorted(found) == ["q1", "q2", "q3"]
        assert len(server.batches) == 2
        assert set(server.answered.values()) == {1}
    finally:
        server.close()


def test_a_batch_whose_creation_was_never_answered_is_found(tmp_path: Path) -> None:
    server, notes = BatchServer(silent=1), list[Note]()
    try:
        with pytest.raises(UserError, match="rerun the same command"):
            collected(made(server, tmp_path, notes), requests(3))
        assert not any("batch" in note for note in notes)
        assert len(collected(made(server, tmp_path, notes), requests(3))) == 3
        assert len(server.batches) == 1
    finally:
        server.close()


def test_a_batch_of_other_requests_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server, notes = BatchServer(silent=1), list[Note]()
    try:
        with pytest.raises(UserError):
            collected(made(server, tmp_path, notes), requests(1))
        assert len(collected(made(server, tmp_path, notes), requests(3, max_tokens=9))) == 3
    finally:
        server.close()
    assert "batch batch_0 of an earlier run has none of these requests" in capsys.readouterr().err


@pytest.mark.parametrize(("crowded", "holds"), [(3, 10**9), (0, 2)])
def test_a_full_queue_is_waited_for(tmp_path: Path, crowded: int, holds: int) -> None:
    server = BatchServer(crowded=crowded, holds=holds)
    try:
        assert len(collected(made(server, tmp_path, []), requests(6))) == 6
    finally:
        server.close()
    assert set(server.answered.values()) == {1}


def test_a_queue_that_holds_nothing_ends_the_run(tmp_path: Path) -> None:
    server = BatchServer(holds=0)
    try:
        with pytest.raises(UserError, match="token_limit_exceeded"):
            collected(made(server, tmp_path, []), requests(6))
    finally:
        server.close()


def test_another_key_fetches_what_a_dead_one_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server, notes = BatchServer(refused=("sk-dead-0000",), silent=1), list[Note]()
    try:
        with pytest.raises(UserError, match="rerun"):
            collected(made(server, tmp_path, notes, "sk-dead-0000", "sk-first-1111"), requests(3))
        assert "key ...0000 is out" in capsys.readouterr().err
        assert len(collected(made(server, tmp_path, notes, "sk-second-2222"), requests(3))) == 3
        assert len(server.batches) == 1
    finally:
        server.close()


def test_max_cost_bounds_what_is_sent(tmp_path: Path) -> None:
    server = BatchServer()
    completions: list[Completion] = []
    try:
        # A request may take 50 tokens and its prompt: five or more fit into 400 millionths of a dollar.
        with pytest.raises(UserError, match="--max-cost"):
            collected(made(server, tmp_path, [], limit=0.0004), requests(50), completions)
    finally:
        server.close()
    assert 5 <= len(completions) == sum(server.answered.values()) <= 8


def test_a_line_that_cannot_be_read_ends_the_run_and_sends_nothing_again(tmp_path: Path) -> None:
    server, notes = BatchServer(), list[Note]()
    add_file = server.add_file
    server.add_file = lambda content: add_file(content.replace(b'"custom_id"', b'"id"', 1) if b'"response"' in content else content)  # type: ignore[method-assign]  # fmt: skip
    try:
        with pytest.raises(UserError, match=r"has a line that cannot be read.*rerun the same command\."):
            collected(made(server, tmp_path, notes), requests(3))
    finally:
        server.close()
    assert len(server.batches) == 1
    assert len(noted_batches(notes)) == 1


def test_answers_that_cannot_be_used_are_paid_for_and_their_tokens_kept(tmp_path: Path) -> None:
    server = BatchServer()
    add_file = server.add_file

    def without_choices(content: bytes) -> dict[str, Any]:
        lines = [json.loads(line) for line in content.splitlines()]
        for line in lines:
            if line.get("response"):
                line["response"]["body"]["choices"] = []
        return add_file("".join(json.dumps(line) + "\n" for line in lines).encode())

    server.add_file = without_choices  # type: ignore[method-assign]
    try:
        engine = made(server, tmp_path, [], tries=2)
        [completion] = collected(engine, requests(1))
    finally:
        server.close()
    assert completion.response.failed
    assert completion.response.usage is not None
    assert completion.response.usage.completion_tokens == 10
    assert (engine.budget.answers, engine.budget.completion_tokens) == (2, 10)


def test_cut_connections_are_waited_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = BatchServer(cut=6)  # more than the client's own retries
    try:
        assert len(collected(made(server, tmp_path, []), requests(2))) == 2
        wait_for(lambda: server.cut == 0)
        assert len(server.batches) == 1
    finally:
        server.close()
    assert "the server does not answer" in capsys.readouterr().err
