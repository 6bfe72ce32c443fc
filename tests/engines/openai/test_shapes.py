"""Bodies of any form: an answer, a refusal or a failure with a reason, and never another exception."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.api_engine import chat_answer

from util.engines.base import Request, Sampling
from util.engines.openai.batch_files import LineResult, UnreadableLine, read_line
from util.engines.openai.completions import outcome_of, usage_of
from util.engines.openai.events import Event, EventReader, TooLarge
from util.engines.openai.outcomes import Done, Refused, Retry
from util.engines.openai.refusals import ApiFault, Blame, fault_in, fault_of_error
from util.engines.openai.reward import score_of
from util.engines.openai.shapes import MAX_COUNT, Heard, heard_in, read_json, usage_in
from util.engines.openai.stream import Streamed
from util.records import Response, SampleId, Usage

REQUEST = Request(SampleId("q"), [], Sampling(0.0, logprobs=True, seed=3))
COUNTED = Usage(3, 4, {"estimated": True})

TEXTS = st.text(st.characters(), max_size=8)  # lone surrogates included
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def either(*likely: Any) -> st.SearchStrategy[Any]:
    """One of the values that servers send, or anything."""
    return st.sampled_from(likely) | VALUES


PARTS = st.lists(either("a", {"type": "text", "text": "b"}, {"type": "thinking", "thinking": "c"}), max_size=3)
SCORES = st.lists(st.fixed_dictionaries({}, optional={"logprob": either(-0.5, 0, None)}), max_size=3)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "content": either("text", None, "") | PARTS, "reasoning_content": either("so", None), "reasoning": either("so", None),
        "reasoning_details": PARTS | VALUES, "refusal": either(None, "no"), "role": either("assistant"),
    },
)  # fmt: skip
WORDS = ("stop", "length", "content_filter", "tool_calls", "eos", "repetition", "abort", "", None)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "message": MESSAGES | VALUES, "delta": MESSAGES | VALUES, "finish_reason": either(*WORDS), "error": either(None),
        "logprobs": st.fixed_dictionaries({"content": SCORES | VALUES}) | VALUES, "index": either(0, 1, None),
    },
)  # fmt: skip
USAGES = st.fixed_dictionaries(
    {}, optional={"prompt_tokens": either(10, None, 10.0), "completion_tokens": either(5, None)}
)
BODIES = VALUES | st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICES | VALUES, max_size=2) | VALUES, "usage": USAGES | VALUES}
)
ERRORS = VALUES | st.fixed_dictionaries(
    {}, optional={"message": either("no", "too long"), "code": either(None, "content_filter", 3), "detail": VALUES}
)
LINES = st.fixed_dictionaries(
    {"custom_id": st.just("x")},
    optional={
        "response": VALUES
        | st.fixed_dictionaries({"status_code": either(200, 400, 500, None), "body": BODIES | ERRORS}),
        "error": ERRORS,
    },
)

fuzzed = settings(deadline=None, max_examples=300)


def counted(heard: Heard) -> Usage:
    return COUNTED


def heard_as(heard: Heard) -> Done | Retry | Refused | ApiFault:
    return outcome_of(REQUEST, heard, counted)


def response_to(body: Any) -> Response:
    found = heard_as(heard_in(body))
    assert isinstance(found, Done), found
    return found.completion.response


def check(found: Done | Retry | Refused | ApiFault) -> None:
    """An outcome is whole: a text that strict readers take, or a reason."""
    match found:
        case Done(completion):
            response = completion.response
            response.content.encode()
            assert response.finish_reason in ("stop", "length", "repetition")
            assert response.content.strip() or response.truncated
            assert response.usage is not None
            assert response.logprob is None or isinstance(response.logprob, float)
        case Retry(failure):
            assert failure
        case Refused(_, message):
            assert message
        case ApiFault():
            assert found.message
            assert found.blame in Blame


@fuzzed
@given(BODIES)
def test_any_body_is_an_answer_or_a_failure_with_a_reason(body: Any) -> None:
    heard = heard_in(body)
    usage = usage_of(heard, counted)
    assert 0 <= usage.prompt_tokens <= MAX_COUNT
    assert 0 <= usage.completion_tokens <= MAX_COUNT
    check(heard_as(heard))


@fuzzed
@given(st.lists(BODIES | st.just("[DONE]"), max_size=5), st.booleans())
def test_any_stream_is_an_answer_or_a_failure_with_a_reason(chunks: list[Any], ended: bool) -> None:
    streamed, reader = Streamed(50), EventReader()
    text = "".join(f"data: {chunk if chunk == '[DONE]' else json.dumps(chunk)}\n\n" for chunk in chunks)
    for byte in range(0, len(text), 7):
        for event in reader.feed(text.encode()[byte : byte + 7]):
            streamed.take(event)
    streamed.heard.ended = streamed.heard.ended or ended
    check(heard_as(streamed.heard))


@fuzzed
@given(BODIES | ERRORS.map(lambda error: {"error": error}), VALUES | st.integers(200, 599))
def test_any_error_body_is_a_fault_with_somebody_to_blame(body: Any, status: Any) -> None:
    for fault in (fault_in(status, body), fault_of_error(200, body)):
        assert fault.message
        assert fault.blame in Blame
        str(fault).encode()


@fuzzed
@given(st.binary(max_size=40) | BODIES.map(lambda body: json.dumps(body).encode()))
def test_any_text_is_read_or_unreadable(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_json(data)
    assert isinstance(read_line(data, lambda name: REQUEST), LineResult | UnreadableLine)


@fuzzed
@given(LINES)
def test_any_line_of_a_batch_has_an_outcome(line: dict[str, Any]) -> None:
    found = read_line(json.dumps(line).encode(), lambda name: REQUEST)
    assert isinstance(found, LineResult)
    assert found.name == "x"
    assert isinstance(found.outcome, Done) or found.outcome.failure


@fuzzed
@given(
    VALUES
    | st.fixed_dictionaries(
        {"data": st.lists(st.fixed_dictionaries({}, optional={"probs": VALUES, "data": VALUES}) | VALUES, max_size=2)}
    )
)
def test_any_body_of_a_reward_model_is_a_score_or_none(body: Any) -> None:
    score = score_of(body)
    assert score is None or isinstance(score, float)


def test_reasoning_is_put_before_the_answer_between_think_tags() -> None:
    for name in ("reasoning_content", "reasoning"):
        assert (
            response_to(chat_answer("two", **{name: "one and one"})).content == "<think>\none and one\n</think>\n\ntwo"
        )
        response = response_to(chat_answer(None, reason="length", **{name: "one and"}))
        assert response.content == "<think>\none and"  # a thought that does not end has no answer
        assert response.truncated
        # What is not a text is not a thought.
        assert response_to(chat_answer("two", **{name: {"a": 1}})).content == "two"


def test_an_answer_without_a_text_is_tried_again_a_truncated_one_is_kept() -> None:
    body = chat_answer()
    del body["choices"][0]["message"]["content"]
    for found in (body, chat_answer(None), chat_answer(" \n")):
        outcome = heard_as(heard_in(found))
        assert isinstance(outcome, Retry)
        assert outcome.empty
        assert outcome.usage == Usage(10, 5)
    response = response_to(chat_answer(None, reason="length"))
    assert (response.content, response.finish_reason, response.seed) == ("", "length", 3)


@pytest.mark.parametrize(
    ("logprobs", "wanted"),
    [
        ({"content": [{"logprob": -0.5}, {"logprob": -1}]}, -1.5),
        ({"content": [{"logprob": -0.5}, {}]}, None),
        ({"content": []}, None),
        ({"content": None}, None),
        ({"content": [{"logprob": 10**400}]}, None),
        (None, None),
        ("x", None),
    ],
)
def test_log_probabilities_are_added_up_or_not_reported(logprobs: Any, wanted: float | None) -> None:
    body = chat_answer()
    body["choices"][0]["logprobs"] = logprobs
    assert response_to(body).logprob == wanted


def test_usage_is_the_servers_or_ours() -> None:
    assert usage_in({"prompt_tokens": "many", "completion_tokens": 5}) is None
    assert usage_in({"prompt_tokens": 7, "completion_tokens": 5}) == Usage(7, 5)
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    assert usage_in({"prompt_tokens": 7, "completion_tokens": 5, **details}) == Usage(7, 5, {"reasoning_tokens": 3})
    for odd in (
        None,
        [],
        {"prompt_tokens": 1, "completion_tokens": 0},
        {"prompt_tokens": 1, "completion_tokens": 10**9},
    ):
        assert response_to({**chat_answer(), "usage": odd}).usage == COUNTED


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"response": {"status_code": 400, "body": {"error": "text"}}}, Done),
        ({"response": {"status_code": None, "body": {}}}, Retry),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, Retry),
        ({"response": {"status_code": 200, "body": None}}, Retry),
        ({"response": None, "error": None}, Retry),
        ({"response": {"status_code": 503, "body": "<html>"}}, Retry),
        ({"response": {"status_code": 200, "body": chat_answer()}}, Done),
        ({"response": {"status_code": 200, "body": chat_answer(reason="end_turn")}}, Done),
    ],
)
def test_lines_of_a_batch(line: dict[str, Any], kind: type) -> None:
    found = read_line(json.dumps({"custom_id": "x", **line}).encode(), lambda name: REQUEST)
    assert isinstance(found, LineResult)
    assert found.name == "x"
    assert isinstance(found.outcome, kind)


@pytest.mark.parametrize(
    "line", [b'{"custom_id": "x', b"[]", b"3", b"{}", b'{"custom_id": null}', b'{"custom_id": ""}']
)
def test_lines_that_name_no_request_are_unreadable(line: bytes) -> None:
    assert read_line(line, lambda name: REQUEST) == UnreadableLine(repr(line))


def test_a_line_that_comes_in_pieces_costs_no_more_than_its_length() -> None:
    """As many characters are looked at as come in, however small the pieces are."""
    looked_at: list[int] = []

    class Counting(EventReader):
        def _lines(self, text: str, *, final: bool) -> Iterator[Event]:
            looked_at.append(len(text))
            yield from super()._lines(text, final=final)

    reader = Counting()
    assert not list(reader.feed(b"data: "))
    for _ in range(4096):
        assert not list(reader.feed(b"x" * 256))
    assert list(reader.feed(b"\n\n")) == [Event("x" * 256 * 4096)]
    assert sum(looked_at) < 2 * 256 * 4096


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_the_same_in_pieces_of_every_size(size: int) -> None:
    data = "data: é\r\ndata:b\r\r: life\n\nevent: error\ndata: {}\n\r\ndata: last".encode()
    reader = EventReader()
    found = [event for i in range(0, len(data), size) for event in reader.feed(data[i : i + size])]
    found += reader.feed(b"", final=True)
    assert found == [Event("é\nb"), Event("{}", "error"), Event("last")]


def test_an_event_without_an_end_is_refused() -> None:
    reader = EventReader()
    for _ in range(7):
        assert not list(reader.feed(b"x" * 2**20))
    with pytest.raises(TooLarge):
        list(reader.feed(b"x" * 2**21))
