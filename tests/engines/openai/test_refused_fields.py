"""What the words of a refusal change in the following requests, and words that must change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from util.engines.openai.dialect import Dialect
from util.engines.openai.refusals import fault_in

BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
    "max_tokens": 32768,
    "temperature": 0.7,
    "top_p": 0.9,
    "seed": 3,
    "stream": True,
    "stream_options": {"include_usage": True},
}
FORMS: list[tuple[int, Any]] = [
    (400, {"error": {"message": "Unknown parameter: 'FIELD'.", "param": "FIELD", "code": "unknown_parameter"}}),
    (400, {"error": {"message": "Argument not supported on this model: FIELD"}}),
    (400, {"error": 'json: unknown field "FIELD"'}),
    (400, {"message": 'Unrecognized field "FIELD" (class ChatRequest), not marked as ignorable'}),
    (422, {"detail": "Parameter FIELD is not implemented"}),
    (501, {"error": {"message": "'FIELD' not implemented"}}),
    (400, {"errors": [{"message": "`FIELD` is currently not supported by this provider"}]}),
    (400, {"error": {"message": "Additional properties are not allowed ('FIELD' was unexpected)"}}),
    (400, {"error": {"message": "openai does not support parameters: ['FIELD'], for model=m"}}),
    (400, {"error": {"message": "FIELD must be omitted for this model"}}),
    (400, {"error": {"message": "Setting FIELD is disabled for reasoning models"}}),
    (400, {"error": {"message": "FIELD: field is unavailable"}}),
    (400, {"error": {"message": "the following keys are unrecognised: FIELD"}}),
    (422, {"detail": [{"type": "value_error.extra", "loc": ["body", "R", "FIELD"], "msg": "extra fields not permitted"}]}),
    (400, {"error": {"message": "Der Parameter 'FIELD' wird nicht unterstützt"}}),
    (400, {"error": {"message": "不支持参数FIELD。"}}),
]  # fmt: skip


def filled(form: Any, name: str) -> Any:
    if isinstance(form, str):
        return form.replace("FIELD", name)
    if isinstance(form, dict):
        return {key: filled(value, name) for key, value in form.items()}
    return [filled(value, name) for value in form] if isinstance(form, list) else form


@pytest.mark.parametrize("name", ["seed", "top_p", "temperature", "stream_options", "stream", "max_tokens"])
@pytest.mark.parametrize(("status", "form"), FORMS)
def test_a_refused_field_of_ours_alone_is_changed(name: str, status: int, form: Any) -> None:
    dialect = Dialect("m", "http://x")
    assert dialect.learn(fault_in(status, filled(form, name)), BODY)
    changed = dialect.described()
    if name == "stream":
        assert changed == {"stream": False}
    elif name == "max_tokens":
        assert changed == {"renamed": {"max_tokens": "max_completion_tokens"}}
    else:
        assert changed == {"left_out": [name]}


@pytest.mark.parametrize(
    "message",
    [
        "System messages are not allowed",
        "The 'system' role is not supported for this model",
        "role 'system' is invalid, must be one of user, assistant",
        "messages[0].role: unknown variant `system`, expected `user` or `assistant`",
        "Only user and assistant roles are supported!",
        "A conversation must start with a user prompt",
        "unsupported role: system",
        'messages: Unexpected role "system". The API takes a top-level `system` parameter.',
        "不支持 system 角色",
    ],
)
def test_the_system_role_alone_is_folded(message: str) -> None:
    dialect = Dialect("m", "http://x")
    assert dialect.learn(fault_in(400, {"error": {"message": message}}), BODY)
    assert dialect.described() == {"system_role": "in the first user message"}


@pytest.mark.parametrize(
    "message",
    [
        "Invalid prompt: your system message was flagged as potentially violating our usage policy",
        "your prompt mentions system: this is not allowed by policy",
        "Our system is not available right now",
        "The system is unable to process the request",
        "Invalid JSON payload: unexpected end of stream",
        "a stream of bytes is invalid",
        "the upstream model is not available",
        "too many tokens in stop",
        "The messages cannot be empty",
        "max_tokens must be greater than 0",
        "max_tokens > 4096 is not supported in the free tier",
        "body.max_tokens: Input should be less than or equal to 8192",
        "max_tokens: only values up to 8,192 are permitted, unknown to this tier above",
    ],
)
def test_words_about_something_else_change_nothing(message: str) -> None:
    dialect = Dialect("m", "http://x")
    assert dialect.learn(fault_in(400, {"error": {"message": message}}), BODY) is None
    assert dialect.described() == {}


def test_a_field_that_the_user_set_stays() -> None:
    dialect = Dialect("m", "http://x", given=frozenset({"temperature"}))
    fault = fault_in(400, {"error": {"message": "invalid temperature: must be between 0 and 1"}})
    assert dialect.learn(fault, BODY) is None
