"""Complete answers in odd wrappings: none is thrown away and bought again."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from typing import Any

from servers.answers import RIGHT_TEXT, TOKENS, Answer, chunk, event, events, plain, said, whole_body
from servers.scenario import BOTH, STREAM, Scenario, failed
from servers.wire import EVENTS, JSON, Cut, Piece, Reply, bytes_reply, json_bytes

START = chunk({"role": "assistant", "content": ""})
TEXT, STOP = chunk({"content": RIGHT_TEXT}), chunk({}, "stop")
HALVES = chunk({"content": RIGHT_TEXT[:9]}), chunk({"content": RIGHT_TEXT[9:]})
USAGE = {**chunk(usage=TOKENS), "choices": []}
STREAMED = b"".join(events([START, TEXT, STOP, USAGE]))
WHOLE = json_bytes(whole_body(Answer()))


def indexed(value: dict[str, Any], index: object) -> dict[str, Any]:
    return {**value, "choices": [{**value["choices"][0], "index": index}]}


def packed(data: bytes, encoding: str, headers: Mapping[str, str] = EVENTS) -> Reply:
    return Reply([data], headers={**headers, "Content-Encoding": encoding}, framing="chunked")


def raw_deflate(data: bytes) -> bytes:
    press = zlib.compressobj(wbits=-15)
    return press.compress(data) + press.flush()


def too_long(data: bytes, headers: Mapping[str, str], *, claim: int = 10_000) -> Reply:
    """A body that ends long before the length that its headers claim."""
    return Reply([data, Cut()], headers={**headers, "Content-Length": str(claim)})


STREAMS: dict[str, Reply] = {
    "usage in Groq's field": said(START, TEXT, {**STOP, "x_groq": {"id": "r", "usage": TOKENS}}),
    "counts of 0 behind the right ones": said(
        START, TEXT, STOP, USAGE, {**USAGE, "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}
    ),
    "usage behind [DONE]": Reply(
        [*map(event, (START, TEXT, STOP)), event(USAGE), event(b"[DONE]")], headers=EVENTS, framing="chunked"
    ),
    "two choices in a chunk, ours second": said(
        {**START, "choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": RIGHT_TEXT}}]},
        {**STOP, "choices": [{"index": 1, "delta": {}, "finish_reason": "length"}, STOP["choices"][0]]}, USAGE,
    ),
    "two choices by turns": said(
        HALVES[0], indexed(chunk({"content": "no"}), 1), HALVES[1], indexed(chunk({}, "length"), 1), STOP, USAGE
    ),
    "indexes as words": said(indexed(TEXT, "0"), indexed(STOP, "0"), USAGE),
    "indexes from 1": said(indexed(HALVES[0], 1), indexed(HALVES[1], 1), indexed(STOP, 1), USAGE),
    "the finish before the last text": said(START, HALVES[0], STOP, HALVES[1], USAGE),
    "data: twice": Reply(
        [b"data: " + event(value) for value in (START, TEXT, STOP, USAGE)], headers=EVENTS, framing="chunked"
    ),
    "a chunk a line, without data:": Reply(
        [json_bytes(value) + b"\n" for value in (START, TEXT, STOP, USAGE)], headers=JSON, framing="chunked"
    ),
    "200 blank bytes first": Reply([b"\n"] * 200 + [STREAMED], headers={}, framing="chunked"),
    "gzip in two members": packed(gzip.compress(STREAMED[:200]) + gzip.compress(STREAMED[200:]), "gzip"),
    "gzip, byte by byte": Reply(
        [bytes([byte]) for byte in gzip.compress(STREAMED)], headers={**EVENTS, "Content-Encoding": "gzip"}, framing="chunked"
    ),
    "raw deflate": packed(raw_deflate(STREAMED), "deflate"),
    "zlib": packed(zlib.compress(STREAMED), "deflate"),
    "called gzip and plain": packed(STREAMED, "gzip"),
    "gzip and identity": packed(gzip.compress(STREAMED), "GZIP, identity"),
    "a length that is too long": too_long(STREAMED, EVENTS),
}  # fmt: skip
PLAINS: dict[str, Reply] = {
    "a length that is too long": too_long(WHOLE, JSON),
    "something behind the value": bytes_reply(WHOLE + b"\n}"),
    "called gzip and plain": packed(WHOLE, "gzip", JSON),
    "UTF-16": bytes_reply(WHOLE.decode().encode("utf-16")),
}


def closing(seen: object) -> Reply:
    """A connection that closes after each answer, unsaid."""
    pieces: list[Piece] = [*plain(Answer()).body(), Cut()]
    return Reply(pieces, headers=JSON)


SCENARIOS = [
    *(Scenario(f"wrapped: {name}", [reply], modes=STREAM) for name, reply in STREAMS.items()),
    *(Scenario(f"wrapped whole: {name}", [reply], modes=BOTH) for name, reply in PLAINS.items()),
    Scenario(
        "connections that close after each answer", closing, rows=12, requests=12, options=("--max-retries", "0"),
        modes=BOTH,
    ),
    Scenario(
        "an event of an error in plain words ends a text",
        [Reply([event(HALVES[0]), b"event: error\ndata: the engine died\n\n", event(b"[DONE]")], headers=EVENTS, framing="chunked")],
        failed("the engine died", partial="So it is"), status=1, modes=STREAM, options=("--max-retries", "0"),
    ),
    Scenario(
        "a length that is too long, and half an answer", [too_long(WHOLE[:120], JSON)], failed(""), status=1,
        options=("--max-retries", "0"),
    ),
]  # fmt: skip
