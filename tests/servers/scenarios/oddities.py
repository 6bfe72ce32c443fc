"""One answer's fault is one answer's: bodies and headers of any kind, beside rows that are answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from servers.answers import RIGHT_TEXT, Answer, both, chunk, event, said
from servers.compare import Played
from servers.scenario import ANY, STREAM, Record, Scenario, failed, up_to
from servers.wire import EVENTS, JSON, Reply

NEVER = ("--max-retries", "0")
MESSAGE = {"role": "assistant", "content": RIGHT_TEXT}
CHOICE = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}


def body_of(data: bytes) -> Any:
    """These bytes as a body, or as the only event of a stream."""
    return lambda seen: Reply([event(data)], headers=EVENTS) if seen.streams else Reply([data], headers=JSON)


NO_ANSWER: dict[str, Any] = {
    "nothing": body_of(b""),
    "white space": body_of(b" \n "),
    "null": both(None),
    "a number": both(7),
    "a text": both("hello"),
    "a list": both([1, 2, 3]),
    "an empty object": both({}),
    "half of an object": body_of(b'{"choices": [{"message": {"content": "So'),
    "no JSON": body_of(b"So it is two."),
    "100,000 brackets": body_of(b"[" * 100_000),
    "100,000 brackets, closed": body_of(b"[" * 100_000 + b"]" * 100_000),
    "100,000 objects": body_of(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "choices that are deep": body_of(b'{"choices": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "a giant number": body_of(b'{"choices": ' + b"9" * 10_000 + b"}"),
    "choices as an object": both({"choices": {"0": CHOICE}}),
    "choices as a text": both({"choices": "none"}),
    "choices as a number": both({"choices": 1}),
    "no choices": both({"choices": []}),
    "a choice of null": both({"choices": [None]}),
    "a choice of text": both({"choices": ["So it is two."]}),
    "a choice as a list": both({"choices": [[CHOICE]]}),
    "no message": both({"choices": [{"finish_reason": "stop"}]}),
    "a message of null": both({"choices": [{"message": None, "delta": None, "finish_reason": "stop"}]}),
    "a message as a list": both({"choices": [{"message": [MESSAGE], "delta": [MESSAGE], "finish_reason": "stop"}]}),
    "a message as a text": both({"choices": [{"message": "So", "delta": "So", "finish_reason": "stop"}]}),
    "content as a number": both(
        {"choices": [{"message": {"content": 2}, "delta": {"content": 2}, "finish_reason": "stop"}]}
    ),
    "content as true": both(
        {"choices": [{"message": {"content": True}, "delta": {"content": True}, "finish_reason": "stop"}]}
    ),
}

STILL_ANSWERS: dict[str, Answer] = {
    "a finish reason as a number": Answer(reason=7),
    "a finish reason as a list": Answer(reason=["stop"]),
    "a finish reason as an object": Answer(reason={"type": "stop"}),
    "a finish reason of true": Answer(reason=True),
    "an index as a text": Answer(choice={"index": "zero", "logprobs": "none"}),
    "other fields of odd types": Answer(
        body={"id": 7, "created": "now", "model": None, "object": ["x"], "system_fingerprint": {}}
    ),
    "fields of the message of odd types": Answer(
        message={"tool_calls": "none", "refusal": None, "annotations": 7, "audio": []}
    ),
    "a role as a number": Answer(message={"role": 7}),
    "a deep field": Answer(body={"extra": [[[[[[[[[[{"a": [1]}]]]]]]]]]]}),
    "NaN in a field": Answer(body={"score": math.nan, "other": math.inf}),
}

HEADERS: dict[str, Mapping[str, str]] = {
    "zero": {"x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-requests": "0"},
    "zero requests": {"x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "0"},
    "not numbers": {"x-ratelimit-limit-tokens": "NaN", "x-ratelimit-remaining-tokens": "nan", "x-ratelimit-limit-requests": "inf"},
    "negative": {"x-ratelimit-limit-tokens": "-100", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-remaining-requests": "-5"},
    "words": {"x-ratelimit-limit-tokens": "unlimited", "x-ratelimit-remaining-requests": "many", "retry-after": "soon"},
    "giant": {"x-ratelimit-limit-tokens": "1e308", "x-ratelimit-remaining-tokens": "9" * 400},
    "lists": {"x-ratelimit-limit-requests": "100, 100;w=60", "x-ratelimit-reset-tokens": "6m0s, 1s"},
    "bytes beyond ASCII": {"x-ratelimit-limit-tokens": "zw\xf6lf", "x-note": "\xff\xfe"},
    "long ones": {f"x-note-{i}": "a" * 1000 for i in range(20)},
}  # fmt: skip

GARBAGE = {
    "no JSON": b"data: So it is\n\n",
    "half of an event": b'data: {"choices": [{\n\n',
    "100,000 brackets": b"data: " + b"[" * 100_000 + b"\n\n",
    "a list": b"data: [1, 2]\n\n",
    "a number": b"data: 7\n\n",
    "a text": b'data: "hello"\n\n',
    "null": b"data: null\n\n",
    "choices as an object": b'data: {"choices": {"0": {}}}\n\n',
    "a choice of null": b'data: {"choices": [null]}\n\n',
    "a delta as a text": b'data: {"choices": [{"index": 0, "delta": "x", "finish_reason": null}]}\n\n',
    "bytes": b"data: \xff\xfe\x00\n\n",
    "no colon": b"hello\n\n",
}


def others_are_answered(played: Played) -> None:
    """Rows 0 and 2 are right, whatever became of row 1."""
    for row in (0, 2):
        assert played.records[row]["content"] == RIGHT_TEXT, played.records


def within(garbage: bytes) -> Reply:
    """Garbage between the pieces of an answer."""
    good = said(chunk({"content": RIGHT_TEXT[:9]}), chunk({"content": RIGHT_TEXT[9:]}), chunk({}, "stop"))
    first, *rest = (piece for piece in good.body() if isinstance(piece, bytes) and piece)
    return Reply([first, garbage, *rest], headers=EVENTS, framing="chunked")


SCENARIOS = [
    *(
        Scenario(
            f"a body of {name}", [step], failed("", partial=ANY), rows=3, odd=1, requests=up_to(5, 3), status=1, options=NEVER,
            rerun=up_to(3),
        )
        for name, step in NO_ANSWER.items()
    ),
    *(
        Scenario(f"an answer with {name}", [answer], Record(server_word=ANY, usage=ANY), rows=3, odd=1, requests=3)
        for name, answer in STILL_ANSWERS.items()
    ),
    *(
        Scenario(f"rate limits that are {name}", [Answer(headers=headers)], rows=6, requests=6, seconds=15)
        for name, headers in HEADERS.items()
    ),
    *(
        Scenario(
            f"{name} within a stream", [within(garbage)], None, rows=3, odd=1, requests=up_to(5, 3), status=ANY, options=NEVER,
            modes=STREAM, check=others_are_answered,
        )
        for name, garbage in GARBAGE.items()
    ),
    Scenario("no body, 204", [Reply([], 204)], failed(""), rows=3, odd=1, requests=up_to(4, 3), status=1, options=NEVER),
    Scenario(
        "every answer is no answer", [both({"choices": {}})], None, rows=4, requests=up_to(12), status=1, options=NEVER,
        seconds=15,
    ),
]  # fmt: skip
