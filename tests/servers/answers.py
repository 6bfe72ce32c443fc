"""Chat completions of the scripted server: one answer, as a body or as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from servers.wire import EVENTS, Cut, Piece, Reply, Wait, gzipped, json_bytes, json_reply

RIGHT_TEXT = "So it is two.\nThe answer is \\boxed{2}."
"""What every row of a scenario asks for."""

TOKENS = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
ABSENT: Any = object()
"""The field is left out."""


@dataclass(frozen=True)
class Dialect:
    """How a server writes a stream.

    line_end: of every line. space: after "data:". lines: data lines per event (the JSON is cut between fields). done: whether
    [DONE] is sent. usage: where the counts stand: "last" (a chunk without choices), "finish" (the chunk with the finish
    reason), "every" (growing, in each chunk), "null" (null in each chunk, then "last"). before: bytes before each event.
    first: bytes at the start of the stream. gap: seconds between events. finish_words: the finish reason of chunks that
    do not finish.
    """

    line_end: bytes = b"\n"
    space: bool = True
    lines: int = 1
    done: bool = True
    usage: str = "last"
    before: bytes = b""
    first: bytes = b""
    gap: float = 0.0
    finish_words: Any = None
    headers: Mapping[str, str] = field(default_factory=lambda: EVENTS)
    gzip: bool = False
    together: bool = False


PLAIN = Dialect()


@dataclass(frozen=True)
class Answer:
    """A chat completion.

    message: more fields of the message; texts among them are streamed before the content. choice, body: more fields of
    the choice and of the whole. cuts: the content's pieces in a stream; by default three.
    """

    text: Any = RIGHT_TEXT
    reason: Any = "stop"
    message: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)
    usage: Any = field(default_factory=lambda: TOKENS)
    body: Mapping[str, Any] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    dialect: Dialect = PLAIN
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


def whole_body(answer: Answer) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message = without_absent({"role": "assistant", "content": answer.text, **answer.message})
    choice = {"index": 0, "message": message, "finish_reason": answer.reason, **answer.choice}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [without_absent(choice)]}
    return without_absent({**body, "usage": answer.usage, **answer.body})


def plain(answer: Answer) -> Reply:
    reply = json_reply(whole_body(answer))
    return Reply(reply.pieces, headers={**reply.headers, **answer.headers}, delay=answer.delay)


def without_absent(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ABSENT}


def chunk(
    delta: Any = None, reason: Any = None, *, choice: Mapping[str, Any] | None = None, **body: Any
) -> dict[str, Any]:
    """One event of a stream."""
    entry = without_absent({"index": 0, "delta": delta or {}, "finish_reason": reason, **(choice or {})})
    return without_absent(
        {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [entry], **body}
    )


def pieces_of(text: str, count: int = 3) -> list[str]:
    """A text in up to ``count`` pieces."""
    size = -(-len(text) // count) or 1
    return [text[i : i + size] for i in range(0, len(text), size)]


def deltas(answer: Answer) -> list[dict[str, Any]]:
    """What a stream says of the message, piece by piece."""
    found: list[dict[str, Any]] = [{"role": "assistant", "content": "" if isinstance(answer.text, str) else None}]
    for name, value in answer.message.items():
        found += [{name: piece} for piece in (pieces_of(value) if isinstance(value, str) else [value])]
    if answer.cuts:
        found += [{"content": piece} for piece in answer.cuts]
    elif isinstance(answer.text, list):
        found += [{"content": [part]} for part in answer.text]
    elif isinstance(answer.text, str):
        found += [{"content": piece} for piece in pieces_of(answer.text)]
    elif answer.text is not None and answer.text is not ABSENT:
        found.append({"content": answer.text})
    return found


def chunks(answer: Answer) -> list[dict[str, Any]]:
    """The events of a streamed answer, without [DONE]."""
    how = answer.dialect
    unfinished = ABSENT if answer.reason is ABSENT else how.finish_words
    middle: dict[str, Any] = {"null": {"usage": None}, "every": {"usage": {**TOKENS, "completion_tokens": 1}}}.get(
        how.usage, {}
    )
    counted: dict[str, Any] = {"usage": answer.usage} if how.usage in ("finish", "every") else middle
    events = [chunk(delta, unfinished, **middle, **answer.body) for delta in deltas(answer)]
    events.append(chunk({}, answer.reason, choice=answer.choice, **counted, **answer.body))
    if how.usage in ("last", "null") and answer.usage is not ABSENT:
        last = chunk(usage=answer.usage, **answer.body)
        events.append({**last, "choices": []})
    return events


def event(value: Any, how: Dialect = PLAIN) -> bytes:
    """One server-sent event. value: bytes as they are, or anything that is written as JSON."""
    data = value if isinstance(value, bytes) else json_bytes(value)
    fields = data.replace(b', "', b',\n"').split(b"\n") if how.lines > 1 else [data]
    share = -(-len(fields) // how.lines)
    lines = [b"".join(fields[i : i + share]) for i in range(0, len(fields), share)]
    start = b"data: " if how.space else b"data:"
    return how.before + b"".join(start + line + how.line_end for line in lines) + how.line_end


def events(values: list[Any], how: Dialect = PLAIN) -> list[bytes]:
    """The events of a stream, with [DONE] where the dialect has it."""
    return [how.first, *(event(value, how) for value in values), *([event(b"[DONE]", how)] if how.done else [])]


def streamed(answer: Answer) -> Reply:
    how = answer.dialect
    found = events(chunks(answer), how)
    if how.gzip:
        return Reply([gzipped(b"".join(found))], headers={**how.headers, "Content-Encoding": "gzip"}, framing="chunked")
    body: list[Piece] = [b"".join(found)] if how.together else [data for data in found if data]
    if how.gap:
        body = [piece for data in body for piece in (data, Wait(how.gap))]
    return Reply(body, headers={**how.headers, **answer.headers}, framing="chunked", delay=answer.delay)


def interrupted(text: str, *ending: Piece, thought: str = "", more: tuple[Any, ...] = ()) -> Reply:
    """A stream that says ``thought`` and ``text``, then the events ``more``, and ends as ``ending`` says."""
    said = [{"reasoning_content": piece} for piece in pieces_of(thought)] if thought else []
    said += [{"content": piece} for piece in pieces_of(text)] if text else []
    values = [*(chunk(delta) for delta in [{"role": "assistant", "content": ""}, *said]), *more]
    return Reply([*(event(value) for value in values), *(ending or (Cut(),))], headers=EVENTS, framing="chunked")


def said(*values: Any, **headers: str) -> Reply:
    """A stream of these events and [DONE]."""
    return Reply(list(events(list(values))), headers={**EVENTS, **headers}, framing="chunked")


Step = Answer | Reply | Callable[[Any], Any]
"""What the server does with one request; a function gets the request (``server.Seen``) and returns a Step."""


def both(whole: Any) -> Callable[[Any], Reply]:
    """The same JSON value: as a body, or as the only event of a stream."""
    return lambda seen: said(whole) if seen.streams else json_reply(whole)
