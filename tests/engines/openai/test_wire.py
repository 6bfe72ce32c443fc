"""Bodies of any form: an answer, a refusal or a failure with a reason, and never another exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.api_engine import chat_answer

from util.engines.base import Request, Sampling
from util.engines.openai.batch_files import LineResult, UnreadableLine, read_line
from util.engines.openai.outcomes import Done, Retry, Scope
from util.engines.openai.reward import score_of
from util.engines.openai.wire import MAX_COUNT, ApiFault, billed_usage, completion_of, fault_in, read_json, refusal
from util.records import SampleId, Usage

REQUEST = Request(SampleId("q"), [], Sampling(0.0, logprobs=True, seed=3))

TEXTS = st.text(st.characters(), max_size=8)  # lone surrogates included
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def either(*likely: Any) -> st.SearchStrategy[Any]:
    """One of the values that servers send, or anything."""
    return st.sampled_from(likely) | VALUES


SCORES = st.lists(st.fixed_dictionaries({}, optional={"logprob": either(-0.5, 0, None)}), max_size=3)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "content": either("text", None, ""), "reasoning_content": either("so", None), "reasoning": either("so", None),
        "refusal": either(None, "no"), "role": either("assistant"),
    },
)  # fmt: skip
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "message": MESSAGES | VALUES, "finish_reason": either("stop", "length", "content_filter", "tool_calls", None),
        "logprobs": st.fixed_dictionaries({"content": SCORES | VALUES}) | VALUES,
    },
)  # fmt: skip
USAGES = st.fixed_dictionaries(
    {}, optional={"prompt_tokens": either(10, None, 10.0), "completion_tokens": either(5, None)}
)
BODIES = VALUES | st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICES | VALUES, max_size=2) | VALUES, "usage": USAGES | VALUES}
)
ERRORS = VALUES | st.fixed_dictionaries(
    {}, optional={"message": either("no", "too long"), "code": either(None, "content_filter", 3)}
)


def outcome(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """The result of a function, or None and the text of its ValueError."""
    try:
        return function(*arguments), ""
    except ValueError as error:
        return None, str(error)


fuzzed = settings(deadline=None, max_examples=300)


@fuzzed
@given(BODIES)
def test_any_body_is_a_completion_or_no_chat_completion(body: Any) -> None:
    usage = billed_usage(body)
    assert 0 <= usage.prompt_tokens <= MAX_COUNT
    assert 0 <= usage.completion_tokens <= MAX_COUNT
    completion, reason = outcome(completion_of, REQUEST, body)
    if completion is None:
        assert reason.startswith("the body is not")
        return
    response = completion.response
    assert response.usage == usage
    assert isinstance(response.content, str)
    assert response.failed == bool(response.error)
    assert response.failed or response.finish_reason in ("stop", "length")
    assert response.logprob is None or isinstance(response.logprob, float)


@fuzzed
@given(BODIES | ERRORS.map(lambda error: {"error": error}), VALUES | st.integers(200, 599))
def test_any_error_body_is_a_fault_with_a_scope(body: Any, status: Any) -> None:
    fault = fault_in(status, body)
    assert fault.message
    assert refusal(fault).scope in Scope


@fuzzed
@given(st.binary(max_size=40) | BODIES.map(lambda body: json.dumps(body).encode()))
def test_any_text_is_read_or_unreadable(data: bytes) -> None:
    _, reason = outcome(read_json, data)
    assert not reason or reason.startswith("the body is not JSON")
    assert isinstance(read_line(data, lambda name: REQUEST), LineResult | UnreadableLine)


@fuzzed
@given(
    st.fixed_dictionaries(
        {"custom_id": st.just("x")},
        optional={
            "response": VALUES
            | st.fixed_dictionaries({"status_code": either(200, 400, 500, None), "body": BODIES | ERRORS}),
            "error": ERRORS,
        },
    )
)
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
        response = completion_of(REQUEST, chat_answer("two", **{name: "one and one"})).response
        assert response.content == "<think>\none and one\n</think>\n\ntwo"
        response = completion_of(REQUEST, chat_answer(None, reason="length", **{name: "one and"})).response
        assert response.content == "<think>\none and\n</think>\n\n"
        assert response.truncated
        # What is not a text is not a thought.
        assert completion_of(REQUEST, chat_answer("two", **{name: {"a": 1}})).response.content == "two"


def test_an_answer_without_a_text_is_empty() -> None:
    body = chat_answer()
    del body["choices"][0]["message"]["content"]
    for found in (body, chat_answer(None)):
        response = completion_of(REQUEST, found).response
        assert (response.content, response.finish_reason, response.seed) == ("", "stop", 3)
        assert response.usage == Usage(10, 5)


@pytest.mark.parametrize(
    ("logprobs", "wanted"),
    [
        ({"content": [{"logprob": -0.5}, {"logprob": -1}]}, -1.5),
        ({"content": [{"logprob": -0.5}, {}]}, None),
        ({"content": []}, None),
        ({"content": None}, None),
        (None, None),
        ("x", None),
    ],
)
def test_log_probabilities_are_added_up_or_not_reported(logprobs: Any, wanted: float | None) -> None:
    body = chat_answer()
    body["choices"][0]["logprobs"] = logprobs
    assert completion_of(REQUEST, body).response.logprob == wanted


def test_half_a_character_in_a_name_is_no_chat_completion() -> None:
    with pytest.raises(ValueError, match="the body is not a chat completion"):
        completion_of(REQUEST, {"choices": [{"\ud800": 1}]})


def test_usage_is_read_field_by_field() -> None:
    assert billed_usage({"usage": {"prompt_tokens": "many", "completion_tokens": 5}}) == Usage(0, 5)
    assert billed_usage({"usage": {"prompt_tokens": 7}, "choices": "broken"}) == Usage(7, 0)


@pytest.mark.parametrize(
    ("fault", "scope"),
    [
        (ApiFault(400, "x", parameter="max_completion_tokens"), Scope.COMMAND),
        (ApiFault(404, "no such model"), Scope.COMMAND),
        (ApiFault(413, "x"), Scope.REQUEST),
        (ApiFault(400, "x", code="invalid_prompt"), Scope.REQUEST),
        (ApiFault(422, "Prompt is flagged"), Scope.REQUEST),
        (ApiFault(410, "context length"), Scope.UNCLEAR),
        (ApiFault(400, "x"), Scope.UNCLEAR),
    ],
)
def test_whose_fault_a_refusal_is(fault: ApiFault, scope: Scope) -> None:
    assert refusal(fault).scope is scope
    assert fault.message in refusal(fault).message


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
