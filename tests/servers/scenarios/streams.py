"""Streams in every dialect."""

from __future__ import annotations

from servers.answers import ABSENT, RIGHT_TEXT, TOKENS, Answer, Dialect, chunk, chunks, event, events, plain, said
from servers.scenario import ANY, COUNTED, STREAM, Record, Scenario, thinks
from servers.wire import EVENTS, JSON, Hold, Reply, Wait, bytewise, json_bytes

DIALECTS = {
    "CRLF": Dialect(line_end=b"\r\n"),
    "CR alone": Dialect(line_end=b"\r"),
    "no space after the colon": Dialect(space=False),
    "an event over three lines": Dialect(lines=3),
    "comments before each event": Dialect(before=b": OPENROUTER PROCESSING\n\n"),
    "blank lines before each event": Dialect(before=b"\n\n\n"),
    "other fields before each event": Dialect(before=b"event: message\nid: 7\nretry: 1000\n"),
    "a name alone before each event": Dialect(before=b"ping\n"),
    "an empty event before each": Dialect(before=b"data:\n\ndata: \n\n"),
    "comments at the start": Dialect(first=b": hello\n\n: hello again\n\n"),
    "a byte order mark": Dialect(first=b"\xef\xbb\xbf"),
    "everything at once": Dialect(together=True),
    "one piece after the other": Dialect(gap=0.02),
    "gzip": Dialect(gzip=True),
    "no finish until the end, as empty texts": Dialect(finish_words=""),
    "application/json as its type": Dialect(headers=JSON),
    "text/plain as its type": Dialect(headers={"Content-Type": "text/plain"}),
    "no type": Dialect(headers={}),
    "application/x-ndjson as its type": Dialect(headers={"Content-Type": "application/x-ndjson"}),
}
ONE_SECOND = ("--idle-timeout", "1", "--first-token-timeout", "10")
START = chunk({"role": "assistant", "content": ""})
TEXT, STOP = chunk({"content": RIGHT_TEXT}), chunk({}, "stop")
USAGE = {**chunk(usage=TOKENS), "choices": []}
SHORT = Record(usage=COUNTED)


def raw(data: bytes) -> Reply:
    return Reply([data], headers=EVENTS, framing="chunked")


def pieces(*values: object, **fields: object) -> Reply:
    """Events without [DONE], and pieces as they are."""
    body = [event(value) if isinstance(value, dict) else value for value in values]
    return Reply(body, headers=EVENTS, framing="chunked", **fields)  # type: ignore[arg-type]


ODD = {
    "the finish in the last piece of text": said(START, chunk({"content": RIGHT_TEXT}, "stop"), USAGE),
    "the finish twice": said(START, TEXT, STOP, STOP, USAGE),
    "text after the finish": said(START, chunk({"content": RIGHT_TEXT[:9]}), chunk({"content": RIGHT_TEXT[9:]}, "stop"), USAGE),
    "an empty start with the filter's results": said({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}, START, TEXT, STOP, USAGE),
    "deltas of null": said(START, {**START, "choices": [{"index": 0, "delta": None, "finish_reason": None}]}, TEXT, STOP, USAGE),
    "content of null between": said(START, chunk({"content": None}), TEXT, chunk({"content": None}, "stop"), USAGE),
    "choices of null between": said(START, {**START, "choices": None}, TEXT, STOP, USAGE),
    "no choices between": said(START, {"id": "x", "object": "ping"}, TEXT, STOP, USAGE),
    "no role": said(TEXT, STOP, USAGE),
    "a role in each": said(START, chunk({"role": "assistant", "content": RIGHT_TEXT}), STOP, USAGE),
    "[DONE] twice": raw(b"".join([*events([START, TEXT, STOP, USAGE]), b"data: [DONE]\n\n"])),
    "[DONE] without a space": raw(b"".join([*map(event, (START, TEXT, STOP, USAGE)), b"data:[DONE]\n\n"])),
    "[DONE] with spaces": raw(b"".join([*map(event, (START, TEXT, STOP, USAGE)), b"data: [DONE] \n\n"])),
    "no blank line at the end": raw(b"".join([*map(event, (START, TEXT, STOP, USAGE)), b"data: [DONE]"])),
    "bytes one by one": Reply(bytewise(b"".join(events([START, TEXT, STOP, USAGE]))), headers=EVENTS, framing="chunked"),
    "until the connection closes": Reply(list(events([START, TEXT, STOP, USAGE])), headers=EVENTS, framing="close"),
    "with a length": Reply([b"".join(events([START, TEXT, STOP, USAGE]))], headers=EVENTS),
    "many small pieces": said(START, *(chunk({"content": c}) for c in RIGHT_TEXT), STOP, USAGE),
    "events of another kind": raw(
        b"".join([event(START), b'event: ping\ndata: {"type": "ping"}\n\n', *map(event, (TEXT, STOP, USAGE)), b"data: [DONE]\n\n"])
    ),
}  # fmt: skip

OPEN_ENDED = {
    "no [DONE]": pieces(START, TEXT, STOP, USAGE),
    "no [DONE], and the connection stays open": pieces(START, TEXT, STOP, USAGE, Hold()),
    "no [DONE], no usage, and the connection stays open": pieces(START, TEXT, STOP, Hold()),
    "[DONE], and the connection stays open": Reply([*events([START, TEXT, STOP, USAGE]), Hold()], headers=EVENTS, framing="chunked"),
    "the usage after a while": pieces(START, TEXT, STOP, Wait(0.3), USAGE, event(b"[DONE]")),
}  # fmt: skip

SCENARIOS = [
    *(Scenario(f"a stream with {name}", [Answer(dialect=how)], modes=STREAM) for name, how in DIALECTS.items()),
    *(
        Scenario(f"a thinking stream with {name}", [Answer(message={"reasoning": "one and one"}, dialect=DIALECTS[name])],
                 Record(thinks("one and one")), modes=STREAM)
        for name in ("CRLF", "an event over three lines", "everything at once")
    ),
    *(Scenario(f"a stream: {name}", [reply], modes=STREAM) for name, reply in ODD.items()),
    *(
        Scenario(
            f"a stream: {name}", [reply], SHORT if "no usage" in name else Record(), modes=STREAM, options=ONE_SECOND,
            seconds=8,
        )
        for name, reply in OPEN_ENDED.items()
    ),
    Scenario(
        "a stream without any finish reason, but [DONE]", [Answer(reason=ABSENT)], Record(server_word=ANY), modes=STREAM,
    ),
    Scenario("a stream is answered with a plain body", lambda seen: plain(Answer()), modes=STREAM),
    Scenario(
        "a stream is answered with a plain body, called a stream",
        lambda seen: Reply(plain(Answer()).pieces, headers=EVENTS), modes=STREAM,
    ),
    Scenario(
        "a stream is answered with a plain body in chunks",
        lambda seen: Reply(plain(Answer()).pieces, headers=JSON, framing="chunked"), modes=STREAM,
    ),
    Scenario(
        "a stream is answered with a plain body after blank lines",
        lambda seen: Reply([b"\n\n", *plain(Answer()).body()], headers=JSON, framing="chunked"), modes=STREAM,
    ),
    Scenario(
        "a plain body of several lines",
        lambda seen: Reply([b'{\n  "choices": [{"message": {"content": ', json_bytes(RIGHT_TEXT),
                            b'},\n "finish_reason": "stop"}],\n  "usage": ', json_bytes(TOKENS), b"\n}\n"], headers=JSON),
    ),
    Scenario("a plain answer as text/html", lambda seen: Reply(plain(Answer()).pieces, headers={"Content-Type": "text/html"})),
    Scenario("a plain answer without a type", lambda seen: Reply(plain(Answer()).pieces)),
    Scenario(
        "a stream with a message instead of deltas",
        [said({**START, "choices": [{"index": 0, "message": {"role": "assistant", "content": RIGHT_TEXT}, "finish_reason": "stop"}]}, USAGE)],
        modes=STREAM,
    ),
    Scenario(
        "a stream in a plain run is served too", lambda seen: Reply(list(events(chunks(Answer()))), headers=EVENTS),
        status=ANY, expected=None, requests=ANY, modes=("plain",), options=("--max-retries", "0"),
    ),
]  # fmt: skip
