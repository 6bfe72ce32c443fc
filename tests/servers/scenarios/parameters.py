"""Parameters of ours that a server refuses: dropped or renamed once for the whole run, and said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from servers.answers import Answer, Step
from servers.compare import Played
from servers.faults import fault, refusing, refusing_role
from servers.scenario import STREAM, Scenario, up_to
from servers.wire import Reply

ONE_BY_ONE = ("--concurrency", "1")
UNSUPPORTED = {"kind": "invalid_request_error", "code": "unsupported_parameter"}
VALUE = {"kind": "invalid_request_error", "code": "unsupported_value"}
RENAME = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


def forms(field: str) -> dict[str, Reply]:
    """How servers say that they do not take a field."""
    return {
        "FastAPI": fault(422, form="fastapi", param=field),
        "Mistral": fault(422, form="mistral", param=field),
        "OpenAI": fault(400, f"Unrecognized request argument supplied: {field}", kind="invalid_request_error"),
        "OpenAI's o-models": fault(
            400, f"Unsupported parameter: '{field}' is not supported with this model.", param=field, **UNSUPPORTED
        ),
        "Groq": fault(400, f"property '{field}' is unsupported", kind="invalid_request_error"),
        "Anthropic": fault(400, f"{field}: Extra inputs are not permitted", form="anthropic", kind="invalid_request_error"),
        "pydantic": fault(
            400, f"1 validation error for ChatCompletionRequest\n{field}\n  Extra inputs are not permitted", form="flat"
        ),
        "Gemini": fault(400, f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.', form="list"),
    }  # fmt: skip


def without(field: str, most: int = 1) -> Callable[[Played], None]:
    """The field is refused at most so often, said once if it was ever sent, and not in the last request."""

    def look(played: Played) -> None:
        sent = [seen for seen in played.chats if field in seen.body]
        assert len(sent) <= most, f"{len(sent)} requests with {field}"
        assert field not in played.chats[-1].body
        said = said_of(field, played)
        assert said == bool(sent), f"{said} lines name {field}, which was sent {len(sent)} times\n{played.ended.err}"

    return look


def said_of(field: str, played: Played) -> int:
    """Lines of stderr that name a field."""
    words = re.compile(rf"\b{field.replace('_', '[-_]')}\b", re.IGNORECASE)
    return sum(bool(words.search(line)) for line in re.split("[\r\n]+", played.ended.err))


def renamed(played: Played) -> None:
    last = played.chats[-1].body
    assert "max_completion_tokens" in last
    assert "max_tokens" not in last
    assert last["max_completion_tokens"] == played.chats[0].body.get("max_tokens", last["max_completion_tokens"])


def folded(played: Played) -> None:
    """The system prompt is in the first user turn."""
    messages = played.chats[-1].body["messages"]
    assert [message["role"] for message in messages] == ["user"]
    assert "Answer in one line." in messages[0]["content"]
    assert "what is 1+1?" in messages[0]["content"]


def still_streams(played: Played) -> None:
    last = played.chats[-1].body
    assert last["stream"] is True
    assert "stream_options" not in last


def no_stream(played: Played) -> None:
    assert [seen.streams for seen in played.chats] == [True] + [False] * (len(played.chats) - 1)
    assert all("stream_options" not in seen.body for seen in played.chats[1:])


def one_of_two(seen: Any) -> Step:
    both = "temperature" in seen.body and "top_p" in seen.body
    words = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    return fault(400, words, form="anthropic", kind="invalid_request_error") if both else Answer()


def several(seen: Any) -> Step:
    """Refuses one field after the other."""
    for field in ("seed", "top_p", "temperature", "stream_options"):
        if field in seen.body:
            return fault(422, form="fastapi", param=field)
    return Answer()


ROLES = {
    "OpenAI": fault(
        400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        param="messages[0].role", **VALUE,
    ),
    "Gemma": fault(400, "System role not supported", kind="BadRequestError", code=400),
    "a template": fault(
        400, "Conversation roles must alternate user/assistant/user/assistant/...", kind="BadRequestError", code=400
    ),
    "Gemini": fault(400, "Developer instruction is not enabled for models/m", form="list"),
    "a list": fault(422, "Input should be 'user' or 'assistant' at messages.0.role: system", form="detail"),
}  # fmt: skip
STREAMS = {
    "OpenAI": fault(400, "Unsupported value: 'stream' does not support true with this model.", param="stream", **VALUE),
    "an organisation": fault(
        400, "Your organization must be verified to stream this model. Please go to: https://example.com/settings.",
        param="stream", **VALUE,
    ),
    "words": fault(400, "stream is not supported for this model"),
    "FastAPI": fault(422, form="fastapi", param="stream"),
}  # fmt: skip

SCENARIOS = [
    *(
        Scenario(
            f"seed is refused, {name}", refusing("seed", reply), rows=3, requests=up_to(4, 3), options=ONE_BY_ONE,
            temperature="0.7", check=without("seed"),
        )
        for name, reply in forms("seed").items()
    ),
    *(
        Scenario(
            f"top_p is refused, {name}", refusing("top_p", reply), rows=3, requests=up_to(4, 3), options=ONE_BY_ONE,
            temperature="0.7", check=without("top_p"),
        )
        for name, reply in forms("top_p").items() if name in ("FastAPI", "OpenAI")
    ),
    Scenario(
        "seed is refused, many at once", refusing("seed", forms("seed")["FastAPI"]), rows=8, requests=up_to(16, 8),
        temperature="0.7", check=without("seed", 8), rerun=0,
    ),
    Scenario(
        "temperature and top_p together are refused", one_of_two, rows=3, requests=up_to(4, 3), options=ONE_BY_ONE,
        temperature="0.7",
    ),
    *(
        Scenario(
            f"the temperature of a fixed model, {name}", refusing("temperature", reply), rows=3, requests=up_to(4, 3),
            options=ONE_BY_ONE, temperature=None, check=without("temperature"),
        )
        for name, reply in {
            "its value": fault(
                400, "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
                "supported.", param="temperature", **VALUE,
            ),
            "itself": forms("temperature")["OpenAI's o-models"],
        }.items()
    ),
    Scenario(
        "max_tokens under another name", refusing("max_tokens", fault(400, RENAME, param="max_tokens", **UNSUPPORTED)), rows=3,
        requests=4, options=ONE_BY_ONE, check=renamed, once="max_completion_tokens",
    ),
    Scenario(
        "max_tokens under another name, many at once",
        refusing("max_tokens", fault(400, RENAME, param="max_tokens", **UNSUPPORTED)),
        rows=8, requests=up_to(16, 9), check=renamed, once="max_completion_tokens",
    ),
    Scenario(
        "max_tokens is refused without a hint", refusing("max_tokens", forms("max_tokens")["FastAPI"]), rows=2,
        requests=3, options=ONE_BY_ONE, check=renamed,
    ),
    *(
        Scenario(
            f"the system role is refused, {name}", refusing_role("system", reply), rows=3, requests=4, options=ONE_BY_ONE,
            system="Answer in one line.", check=folded, once="(?i)^(?!sent:).*system",
        )
        for name, reply in ROLES.items()
    ),
    *(
        Scenario(
            f"stream_options are refused, {name}", refusing("stream_options", reply), rows=3, requests=4,
            options=ONE_BY_ONE, modes=STREAM, check=still_streams, once="stream_options",
        )
        for name, reply in forms("stream_options").items() if name in ("FastAPI", "Mistral", "OpenAI", "OpenAI's o-models")
    ),
    *(
        Scenario(
            f"streams are refused, {name}", lambda seen, reply=reply: reply if seen.streams else Answer(), rows=3, requests=4,
            options=ONE_BY_ONE, modes=STREAM, check=no_stream, once="(?i)stream",
        )
        for name, reply in STREAMS.items()
    ),
    Scenario(
        "streams are refused, many at once", lambda seen: STREAMS["OpenAI"] if seen.streams else Answer(), rows=8,
        requests=up_to(16, 9), modes=STREAM, once="(?i)stream",
    ),
    Scenario(
        "one field after the other is refused", several, rows=3, requests=up_to(7, 3), options=ONE_BY_ONE, temperature=None,
    ),
    Scenario(
        "a refusal that names a field which is not sent ends the run", [fault(422, form="fastapi", param="logit_bias")], None,
        rows=3, requests=up_to(3), status=1, says=("logit_bias",), seconds=10,
    ),
    Scenario(
        "a refused field is refused again without it", [forms("seed")["OpenAI"]], None, rows=3, requests=up_to(6),
        status=1, says=("seed",), temperature="0.7", seconds=10,
    ),
]  # fmt: skip
