"""Streams that end before their finish: sent again, and nothing of them is lost or unpaid."""

from __future__ import annotations

from servers.answers import RIGHT_TEXT, TOKENS, Answer, chunk, event, interrupted
from servers.faults import until
from servers.scenario import ANY, STREAM, Scenario, failed, up_to
from servers.wire import EVENTS, Cut, Raw, Reply, Wait

HALF = "one and one and one and one and one and one and one"
ONCE, NEVER = ("--max-retries", "1"), ("--max-retries", "0")
STOP = chunk({}, "stop")

CUTS: dict[str, Reply] = {
    "closed": interrupted(HALF),
    "reset": interrupted(HALF, Wait(0.1), Cut(reset=True)),
    "closed within a chunk": interrupted(HALF, Raw(b"40\r\ndata: {"), Cut()),
    "closed within an event": interrupted(HALF, b'data: {"id": "x", "choi', Cut()),
    "ended in order within an event": interrupted(HALF, b'data: {"id": "x", "choi'),
    "ended in order without a finish": Reply(
        [event(chunk({"content": HALF}))], headers=EVENTS, framing="chunked"
    ),
    "ended in order without a finish, until the connection closes": Reply(
        [event(chunk({"content": HALF}))], headers=EVENTS, framing="close"
    ),
    "within a length": Reply([event(chunk({"content": HALF})), Cut()], headers={**EVENTS, "Content-Length": "5000"}),
}  # fmt: skip
EARLY: dict[str, Reply] = {
    "after the head": Reply([Cut()], headers=EVENTS, framing="chunked"),
    "after comments": Reply([b": alive\n\n", Cut()], headers=EVENTS, framing="chunked"),
    "after the role": interrupted(""),
    "with nothing at all": Reply([], headers=EVENTS, framing="chunked"),
    "with [DONE] alone": Reply([event(b"[DONE]")], headers=EVENTS, framing="chunked"),
}


SCENARIOS = [
    *(
        Scenario(f"a stream {name}, then right", until(1, reply), requests=2, modes=STREAM, spent=(11, 10))
        for name, reply in CUTS.items()
    ),
    *(
        Scenario(
            f"a stream {name} always",
            [reply],
            failed("", partial=rf"\A{HALF}\Z"),
            requests=1,
            status=1,
            options=NEVER,
            modes=STREAM,
            spent=(1, 5),
        )
        for name, reply in CUTS.items()
    ),
    *(
        Scenario(f"a stream cut {name}, then right", until(1, reply), requests=2, modes=STREAM)
        for name, reply in EARLY.items()
    ),
    *(
        Scenario(
            f"a stream cut {name} always",
            [reply],
            failed("", partial=ANY),
            requests=up_to(3),
            status=1,
            options=NEVER,
            modes=STREAM,
        )
        for name, reply in EARLY.items()
    ),
    Scenario(
        "a stream cut in its thought always",
        [interrupted("", thought=HALF)],
        failed("", partial=HALF),
        requests=2,
        status=1,
        options=ONCE,
        modes=STREAM,
        spent=(2, 10),
    ),
    Scenario(
        "a stream cut in its answer, after a thought",
        [interrupted("So it is", thought=HALF)],
        failed("", partial=rf"(?s){HALF}.*So it is\Z"),
        requests=2,
        status=1,
        options=ONCE,
        modes=STREAM,
    ),
    Scenario(
        "cut in one row of four",
        [interrupted(HALF)],
        failed("", partial=HALF),
        rows=4,
        odd=2,
        requests=5,
        status=1,
        options=ONCE,
        modes=STREAM,
        rerun=2,
    ),
    Scenario(
        "cut after the finish: closed",
        [interrupted(RIGHT_TEXT, Cut(), more=(STOP, {**chunk(usage=TOKENS), "choices": []}))],
        modes=STREAM,
    ),
    Scenario(
        "cut after the finish: reset",
        [interrupted(RIGHT_TEXT, Wait(0.1), Cut(reset=True), more=(STOP, {**chunk(usage=TOKENS), "choices": []}))],
        None,
        requests=up_to(2),
        modes=STREAM,
    ),
    Scenario(
        "cut at different places, then right",
        [interrupted("one"), interrupted("one and"), Answer()],
        requests=3,
        modes=STREAM,
        spent=(12, 8),
    ),
    Scenario(
        "usage before the cut is counted",
        until(1, interrupted(HALF, Cut(), more=({**chunk(usage={"prompt_tokens": 70, "completion_tokens": 90})},))),
        requests=2,
        modes=STREAM,
        spent=(80, 95),
    ),
]
