"""Refusals of the scripted server, in the forms that servers have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from servers.answers import Answer, Step
from servers.wire import HTML, Reply, json_reply

SOON = {"Retry_After": "0.05"}


def fault(
    status: int, message: str = "it failed", *, form: str = "openai", kind: str = "error", code: Any = None,
    param: str | None = None, metadata: Mapping[str, Any] | None = None, **headers: str,
) -> Reply:  # fmt: skip
    """An error. form: where the message stands (see ``FORMS``). headers: names with underscores for hyphens."""
    if form in ("text", "html"):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        page = f"<html><head><title>{status}</title></head><body><h1>{message}</h1><hr></body></html>"
        kept = {"Content-Type": "text/plain"} if form == "text" else HTML
        return Reply([(message if form == "text" else page).encode()], status, {**kept, **named})
    error = {"message": message, "type": kind, "param": param, "code": code}
    if metadata is not None:
        error["metadata"] = dict(metadata)
    return json_reply(FORMS[form](error, status), status, **headers)


FORMS: dict[str, Callable[[dict[str, Any], int], Any]] = {
    "openai": lambda error, status: {"error": error},
    "list": lambda error, status: [{"error": {**error, "code": status, "status": "FAILED"}}],
    "flat": lambda error, status: {"object": "error", **error, "code": status},
    "string": lambda error, status: {"error": error["message"], "error_type": "validation"},
    "message": lambda error, status: {"message": error["message"]},
    "detail": lambda error, status: {"detail": error["message"]},
    "anthropic": lambda error, status: {"type": "error", "error": {"type": error["type"], "message": error["message"]}},
    "fastapi": lambda error, status: {"detail": extra_fields(error["param"])},
    "mistral": lambda error, status: {
        "object": "error", "message": {"detail": extra_fields(error["param"])}, "type": "invalid_request_error",
        "param": None, "code": None,
    },
}  # fmt: skip


def extra_fields(name: str) -> list[dict[str, Any]]:
    """What pydantic says of a field that a model forbids."""
    return [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}]


def limit_of(seen: Any) -> int:
    """The largest number of tokens that a request asks for; 0 where it names none."""
    return max(int(seen.body.get(name) or 0) for name in ("max_tokens", "max_completion_tokens"))


def until(attempts: int, first: Step, then: Step | None = None) -> list[Step]:
    """The same for the first attempts of a row, then an answer."""
    return [*([first] * attempts), then if then is not None else Answer()]


def refusing(field: str, refusal: Reply, then: Step | None = None) -> Callable[[Any], Step]:
    """Refuses every request that has a field."""
    return lambda seen: refusal if field in seen.body else (then or Answer())


def refusing_value(field: str, value: Any, refusal: Reply, then: Step | None = None) -> Callable[[Any], Step]:
    """Refuses every request whose field has this value."""
    return lambda seen: refusal if seen.body.get(field) == value else (then or Answer())


def refusing_role(role: str, refusal: Reply) -> Callable[[Any], Step]:
    """Refuses every request with a message of this role."""
    return lambda seen: refusal if any(m.get("role") == role for m in seen.body["messages"]) else Answer()


def at_most(
    most: int, message: str, *, prompt: int = 171, status: int = 400, **fault_fields: Any
) -> Callable[[Any], Step]:
    """Refuses requests for more than ``most`` tokens.

    message: with the fields {asked}, {prompt}, {total} and {most} (what may be asked for), {limit} (most + prompt).
    """

    def step(seen: Any) -> Step:
        asked = limit_of(seen)
        if asked <= most:
            return Answer()
        words = message.format(asked=asked, prompt=prompt, total=asked + prompt, most=most, limit=most + prompt)
        return fault(status, words, **fault_fields)

    return step
