"""Characters that break readers and consoles."""

from __future__ import annotations

from typing import Any

from servers.answers import RIGHT_TEXT, TOKENS, Answer, chunk, said, whole_body
from servers.faults import fault
from servers.scenario import ANY, STREAM, Record, Scenario, failed, thinks
from servers.wire import EVENTS, JSON, Reply, bytewise

END = f" {RIGHT_TEXT}"
TEXTS: dict[str, tuple[str, str]] = {
    "half a pair": (f"a\ud83d b{END}", f"a\ufffd b{END}"),
    "the other half": (f"a\ude00 b{END}", f"a\ufffd b{END}"),
    "both halves the wrong way": (f"\ude00\ud83d{END}", f"\ufffd\ufffd{END}"),
    "NUL": (f"a\x00b{END}", f"a\x00b{END}"),
    "control characters": (f"a\x01\x1b[31mb\x7f{END}", f"a\x01\x1b[31mb\x7f{END}"),
    "line separators": (f"a\u2028b\u2029c\x85d\x0be\x0cf{END}", f"a\u2028b\u2029c\x85d\x0be\x0cf{END}"),
    "carriage returns": (f"a\r\nb\rc{END}", f"a\r\nb\rc{END}"),
    "other planes": (f"\U0001f469\u200d\U0001f52c 漢字 \U0010ffff \ufeff{END}", f"\U0001f469\u200d\U0001f52c 漢字 \U0010ffff \ufeff{END}"),
    "words of the protocol": (f"data: [DONE]\n\ndata: x\n: y{END}", f"data: [DONE]\n\ndata: x\n: y{END}"),
}  # fmt: skip


def unescaped(text: str) -> Any:
    """The text as UTF-8, without JSON's escapes, byte by byte in a stream."""

    def step(seen: Any) -> Reply:
        marked = '"@@"'
        if seen.streams:
            reply = said(chunk({"content": "@@"}), chunk({}, "stop"), {**chunk(usage=TOKENS), "choices": []})
            data = b"".join(piece for piece in reply.body() if isinstance(piece, bytes))
            return Reply(bytewise(data.replace(marked.encode(), quoted(text))), headers=EVENTS, framing="chunked")
        [data] = (piece for piece in Reply([as_json(Answer("@@"))]).body() if isinstance(piece, bytes))
        return Reply([data.replace(marked.encode(), quoted(text))], headers=JSON)

    return step


def quoted(text: str) -> bytes:
    """A JSON string with nothing escaped but what must be."""
    return b'"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"').encode() + b'"'


def as_json(answer: Answer) -> bytes:
    from servers.wire import json_bytes

    return json_bytes(whole_body(answer))


OPEN = f"漢\u2028字\x85 é \U0001f600{END}"

SCENARIOS = [
    *(Scenario(f"text with {name}", [Answer(text)], Record(found)) for name, (text, found) in TEXTS.items()),
    Scenario(
        "thought with half a pair", [Answer(message={"reasoning": "a\ud83d b"})], Record(thinks("a\ufffd b")),
    ),
    Scenario(
        "a pair over two pieces of a stream",
        [Answer("x", cuts=("a\ud83d", "\ude00b", END))],
        Record(f"a\U0001f600b{END}"),
        modes=STREAM,
    ),
    Scenario(
        "a pair of the thought over two pieces of a stream",
        [said(chunk({"reasoning": "a\ud83d"}), chunk({"reasoning": "\ude00b"}), chunk({"content": RIGHT_TEXT}), chunk({}, "stop"),
              {**chunk(usage=TOKENS), "choices": []})],
        Record(thinks("a\U0001f600b")),
        modes=STREAM,
    ),
    Scenario(
        "half a pair at the end of a stream",
        [Answer("x", cuts=(RIGHT_TEXT, "\ud83d"))],
        Record(f"{RIGHT_TEXT}\ufffd"),
        modes=STREAM,
    ),
    Scenario("text as UTF-8, byte by byte", unescaped(OPEN), Record(OPEN)),
    Scenario("a finish reason with half a pair", [Answer(reason="do\ud83dne")], Record(server_word=ANY)),
    Scenario("other fields with half a pair", [Answer(message={"na\ud83dme": "\ude00"}, body={"id": "\ud83d", "\ud83d": 1})]),
    Scenario(
        "an error with half a pair and escapes",
        [fault(500, "no\ud83dw \x1b[2J\x1b]0;owned\x07 here")],
        failed("no\ufffdw", final=False),
        status=1,
        hushed=("\x1b\\[2J", "\x1b\\]0", "\x07"),
        says=("no\ufffdw",),
        options=("--max-retries", "0"),
    ),
    Scenario(
        "a refusal with escapes",
        [fault(404, "model \x1b[2J not found")],
        None,
        status=1,
        hushed=("\x1b\\[2J",),
        says=("not found",),
    ),
    Scenario(
        "bytes that are no UTF-8 in one row of three",
        lambda seen: Reply([as_json(Answer("@@")).replace(b"@@", b"caf\xe9 \xff\xfe")], headers=JSON),
        None,
        rows=3,
        odd=1,
        requests=ANY,
        status=ANY,
        options=("--max-retries", "0"),
        rerun=ANY,
    ),
]  # fmt: skip
