"""Errors in the body of a success, whole or within a stream."""

from __future__ import annotations

from typing import Any

from servers.answers import RIGHT_TEXT, Answer, both, chunk, event, interrupted, said
from servers.faults import until
from servers.scenario import ANY, BOTH, PLAIN, STREAM, Scenario, failed, up_to
from servers.wire import EVENTS, Reply

ONCE, NEVER = ("--max-retries", "1"), ("--max-retries", "0")


def error(message: str, code: Any = None, **fields: Any) -> Any:
    return both({"error": {"message": message, "code": code, **fields}})


def poor_first_key(seen: Any) -> Any:
    return error("Insufficient credits", 402) if seen.key == "0001" else Answer()


def named_event(kind: str, value: Any) -> bytes:
    return f"event: {kind}\n".encode() + event(value)


def late(value: Any) -> Reply:
    """Some text, then an error."""
    return interrupted("So it is", named_event("error", value), event(b"[DONE]"))


PASSING: dict[str, tuple[Any, str]] = {
    "a status": (error("Provider is overloaded", 503), "Provider is overloaded"),
    "a status in a text": (error("Provider is overloaded", "503"), "Provider is overloaded"),
    "a word": (error("Provider disconnected", "server_error"), "Provider disconnected"),
    "no code": (error("Internal error"), "Internal error"),
    "a rate limit": (error("Slow down", 429), "Slow down"),
    "a text": (both({"error": "out of memory"}), "out of memory"),
    "a list": (both([{"error": {"message": "Try later", "code": 503, "status": "UNAVAILABLE"}}]), "Try later"),
    "a flat error": (both({"object": "error", "message": "Engine is dead", "code": 500}), "Engine is dead"),
    "an error beside null choices": (both({"error": {"message": "Lost", "code": 502}, "choices": None}), "Lost"),
    "an error beside no choices": (both({"error": {"message": "Lost", "code": 502}, "choices": []}), "Lost"),
    "a message": (both({"message": "model is loading"}), "model is loading"),
    "a detail": (both({"detail": "worker died"}), "worker died"),
}

SCENARIOS = [
    *(
        Scenario(f"error in a success: {name}", until(1, step), requests=2, seconds=30, modes=modes)
        for (name, (step, _)), modes in zip(PASSING.items(), (BOTH, STREAM, PLAIN) * 4, strict=True)
    ),
    *(
        Scenario(
            f"error in every success: {name}",
            [step],
            failed(words),
            requests=1,
            status=1,
            says=(words,),
            options=NEVER,
        )
        for name, (step, words) in PASSING.items()
        if name != "a rate limit"
    ),
    Scenario(
        "no credits, said in a success",
        [error("Insufficient credits", 402)],
        None,
        status=1,
        says=("Insufficient credits",),
        seconds=10,
    ),
    Scenario(
        "no credits on the first of two keys",
        poor_first_key,
        rows=6,
        keys=2,
        requests=up_to(9, 6),
        says=("0001",),
    ),
    Scenario(
        "a wrong key, said in a success", [error("User not found.", 401)], None, status=1, says=("User not found",)
    ),
    Scenario(
        "flagged, said in a success",
        [error("The input was flagged", 403, metadata={"reasons": ["violence"]})],
        failed("flagged", final=True),
        rows=3,
        odd=0,
        requests=3,
        status=1,
        rerun=0,
    ),
    Scenario("a null error is none", [Answer(body={"error": None})]),
    Scenario("an empty error is none", [Answer(body={"error": ""})]),
    *(
        Scenario(f"an error after some text: {name}", until(1, late(value)), requests=2, modes=STREAM)
        for name, value in (
            ("an object", {"error": {"message": "Lost", "code": 502}}),
            ("flat", {"object": "error", "message": "Lost", "code": 500}),
            ("a text", {"error": "Lost"}),
        )
    ),
    Scenario(
        "an error after some text always",
        [late({"error": {"message": "Engine is dead", "code": 500}})],
        failed("Engine is dead", partial="So it is"),
        requests=2,
        status=1,
        options=ONCE,
        modes=STREAM,
        spent=(2, 4),
    ),
    Scenario(
        "an error event with a choice that ends with error",
        until(
            1,
            said(
                chunk({"content": "So it"}),
                {
                    "error": {"code": "server_error", "message": "Provider disconnected"},
                    **chunk({"content": ""}, "error"),
                },
            ),
        ),
        requests=2,
        modes=STREAM,
    ),
    Scenario(
        "no credits, after some text",
        [late({"error": {"message": "Insufficient credits", "code": 402}})],
        None,
        status=1,
        says=("Insufficient credits",),
        modes=STREAM,
    ),
    Scenario(
        "an error event with a success status and no stream",
        until(1, Reply([named_event("error", {"error": {"message": "busy", "code": 503}})], headers=EVENTS)),
        requests=2,
        modes=STREAM,
    ),
    Scenario(
        "an error after the finish leaves the answer",
        [said(chunk({"content": RIGHT_TEXT}), chunk({}, "stop"), {"error": {"message": "late", "code": 500}})],
        None,
        requests=up_to(2),
        status=ANY,
        modes=STREAM,
    ),
]
