"""Limits for the first token and for silence between tokens, never for the whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from servers.answers import RIGHT_TEXT, TOKENS, Answer, Dialect, chunk, event, events, interrupted
from servers.faults import until
from servers.scenario import STREAM, Scenario, failed, up_to
from servers.wire import EVENTS, Hold, Piece, Reply, Wait, forever

USAGE = {**chunk(usage=TOKENS), "choices": []}
START = event(chunk({"role": "assistant", "content": ""}))
ALIVE, BLANK, EMPTY = b": keep-alive\n\n", b"\n", event(chunk({"content": ""}))
REST = [event(chunk({"content": RIGHT_TEXT})), *events([chunk({}, "stop"), USAGE])]

FIRST_TOKEN = "(?i)first.token"
SILENCE = "(?i)idle|silen|no token|nothing"
ONCE, NEVER = ("--max-retries", "1"), ("--max-retries", "0")


def limits(first_token: float, idle: float) -> tuple[str, ...]:
    return ("--first-token-timeout", str(first_token), "--idle-timeout", str(idle))


def repeated(piece: bytes, seconds: float, every: float = 0.05) -> list[Piece]:
    return [part for _ in range(round(seconds / every)) for part in (piece, Wait(every))]


def stream(*body: Piece, delay: float = 0.0) -> Reply:
    return Reply(body, headers=EVENTS, framing="chunked", delay=delay)


def after(first: list[Piece], piece: bytes) -> Reply:
    """Some pieces, then one without an end."""

    def body() -> Iterator[Piece]:
        yield from first
        yield from forever(piece, 0.05)()

    return Reply(body, headers=EVENTS, framing="chunked")


SLOW = [part for c in RIGHT_TEXT + " So it is." for part in (event(chunk({"content": c})), Wait(0.06))]
"""Three seconds, one letter after the other."""

KEPT: dict[str, tuple[Reply, tuple[str, ...]]] = {
    "a late head": (stream(START, *REST, delay=0.8), limits(5, 0.4)),
    "a late first token": (stream(START, Wait(0.8), *REST), limits(5, 0.4)),
    "a late first token after comments": (stream(*repeated(ALIVE, 0.8), START, *REST), limits(5, 0.4)),
    "a late first token after blank lines": (stream(*repeated(BLANK, 0.8), START, *REST), limits(5, 0.4)),
    "comments between tokens": (
        stream(START, event(chunk({"content": "Well. "})), *repeated(ALIVE, 0.8), *REST),
        limits(5, 0.4),
    ),
    "blank lines between tokens": (
        stream(START, event(chunk({"content": "Well. "})), *repeated(BLANK, 0.8), *REST),
        limits(5, 0.4),
    ),
    "a late usage": (stream(START, *REST[:2], Wait(0.3), event(USAGE), event(b"[DONE]")), limits(5, 1.5)),
}
ENDED: dict[str, tuple[Reply, tuple[str, ...], str]] = {
    "no head": (stream(START, *REST, delay=15), limits(0.5, 5), FIRST_TOKEN),
    "nothing after the head": (stream(Hold()), limits(0.5, 5), FIRST_TOKEN),
    "nothing after the role": (stream(START, Hold()), limits(0.5, 5), FIRST_TOKEN),
    "comments without an end": (after([], ALIVE), limits(0.7, 5), FIRST_TOKEN),
    "blank lines without an end": (after([], BLANK), limits(0.7, 5), FIRST_TOKEN),
    "empty deltas without an end": (after([START], EMPTY), limits(0.7, 5), FIRST_TOKEN),
    "empty deltas without an end, and a short idle limit": (after([START], EMPTY), limits(0.7, 0.3), FIRST_TOKEN),
}
HALF = "one and one and one and one and one and one"
SAID = [START, event(chunk({"content": HALF}))]
STALLED: dict[str, tuple[Reply, tuple[str, ...], str]] = {
    # The other limit is out of reach of the scenario's time: only this one can end it.
    "silence after some text": (stream(*SAID, Hold()), limits(120, 0.5), SILENCE),
    "comments without an end after some text": (after(SAID, ALIVE), limits(0.8, 0.4), ""),
    "empty deltas without an end after some text": (after(SAID, EMPTY), limits(0.8, 0.4), ""),
}


def late_for_four() -> Callable[[Any], Any]:
    """Rows 0 to 3 stall after some text, all others are answered."""
    return lambda seen: interrupted(HALF, Hold()) if seen.row < 4 else Answer()


def late_once() -> Callable[[Any], Any]:
    """The first request of all stalls; those beside it are answered meanwhile."""
    first = threading.Lock()
    return lambda seen: stream(START, Hold()) if seen.number == 0 and first.acquire(blocking=False) else Answer()


SCENARIOS = [
    Scenario(
        "a slow stream, one request",
        [stream(START, *SLOW, event(chunk({}, "stop")), event(USAGE), event(b"[DONE]"))],
        None,
        modes=STREAM,
        options=limits(1, 1),
        score=1.0,
    ),
    Scenario(
        "a slow stream of thoughts, one request",
        [Answer("So \\boxed{2}", message={"reasoning": "x" * 30}, dialect=Dialect(gap=0.4))],
        None,
        modes=STREAM,
        options=limits(1, 1),
        score=1.0,
    ),
    *(
        Scenario(f"kept: {name}", [reply], None, modes=STREAM, options=options, score=1.0)
        for name, (reply, options) in KEPT.items()
    ),
    *(
        Scenario(f"ended: {name}, then right", until(1, reply), requests=2, modes=STREAM, options=options, seconds=6)
        for name, (reply, options, _) in ENDED.items()
    ),
    *(
        Scenario(
            f"ended: {name}, always", [reply], failed(words), requests=1, status=1, modes=STREAM,
            options=(*options, *NEVER), seconds=8, says=(words,),
        )
        for name, (reply, options, words) in ENDED.items() if "blank" not in name
    ),
    *(
        Scenario(f"stalled: {name}, then right", until(1, reply), requests=2, modes=STREAM, options=options, spent=(11, 8), seconds=6)
        for name, (reply, options, _) in STALLED.items()
    ),
    *(
        Scenario(
            f"stalled: {name}, always", [reply], failed(words, partial=rf"\A{HALF}\Z"), requests=1, status=1, modes=STREAM,
            options=(*options, *NEVER), seconds=8, spent=(1, 5),
        )
        for name, (reply, options, words) in STALLED.items()
    ),
    Scenario(
        "four answers later than the limits", late_for_four(), None, rows=8, requests=up_to(12, 12), status=1, modes=STREAM,
        options=(*limits(5, 0.5), *ONCE), spent=(40 + 8, 20 + 8 * 2), seconds=10, rerun=8,
    ),
    Scenario(
        "one late stream holds up no other", late_once(), rows=6, requests=7, modes=STREAM, options=limits(1.0, 5), seconds=8,
    ),
]  # fmt: skip
