"""Redirects, and bodies that are larger than they look."""

from __future__ import annotations

import json
from typing import Any

from servers.answers import Answer, Step, plain, streamed, whole_body
from servers.compare import Played
from servers.scenario import PLAIN, STREAM, Scenario, failed, up_to
from servers.wire import EVENTS, HTML, JSON, Hold, Reply, bomb, gzipped, json_bytes, redirect

KINDS = (301, 302, 303, 307, 308)
ONCE, NEVER = ("--max-retries", "1"), ("--max-retries", "0")
MIB = 300


def moved(status: int, *, absolute: bool) -> Any:
    """The first path redirects to another one of the same host."""

    def step(seen: Any) -> Step:
        if seen.path.startswith("/new/"):
            return Answer()
        place = f"http://{seen.headers['host']}" if absolute else ""
        return redirect(status, f"{place}/new/v1/chat/completions")

    return step


def elsewhere(status: int) -> Any:
    """Every path redirects to another name of this machine."""
    return lambda seen: redirect(
        status, f"http://localhost:{seen.headers['host'].partition(':')[2]}/v1/chat/completions"
    )


def sent_again(played: Played) -> None:
    """The same request, with the same method, body and key."""
    first, second = played.chats
    assert second.path == "/new/v1/chat/completions"
    assert (second.method, second.raw, second.key) == ("POST", first.raw, "0001")


def stayed(played: Played) -> None:
    assert {seen.host for seen in [*played.server.chats, *played.server.others]} == {"127.0.0.1"}


def big(content: bytes, encoding: str = "gzip") -> Any:
    """A compressed body, as JSON or as a stream."""
    return lambda seen: Reply([content], headers={**(EVENTS if seen.streams else JSON), "Content-Encoding": encoding})


def endless(seen: Any) -> Reply:
    """Spaces, more than any answer has."""
    return Reply([*([b" " * 2**20] * MIB), Hold()], headers=JSON, framing="chunked")


def one_line(seen: Any) -> Reply:
    """A stream of one event, longer than any answer."""
    return Reply([b"data: ", *([b"x" * 2**20] * MIB), Hold()], headers=EVENTS, framing="chunked")


def compressed(seen: Any) -> Reply:
    reply = streamed(Answer()) if seen.streams else plain(Answer())
    data = b"".join(piece for piece in reply.body() if isinstance(piece, bytes))
    return Reply([gzipped(data)], headers={**reply.headers, "Content-Encoding": "gzip"})


def honest(seen: Any) -> Reply:
    """A large answer, compressed: 2 MB of text."""
    return Reply(
        [gzipped(json_bytes(whole_body(Answer("so " * 700_000, "length"))))],
        headers={**JSON, "Content-Encoding": "gzip"},
    )


SCENARIOS = [
    *(
        Scenario(f"redirect {status} on the same host", moved(status, absolute=status % 2 == 0), requests=2, check=sent_again)
        for status in KINDS
    ),
    *(
        Scenario(
            f"redirect {status} to another host", elsewhere(status), None, rows=3, requests=up_to(3), status=1,
            says=("localhost",), check=stayed, seconds=10,
        )
        for status in KINDS
    ),
    Scenario(
        "a redirect to a host that does not exist", lambda seen: redirect(307, "http://no-such-host.invalid/v1/chat/completions"),
        None, requests=up_to(2), status=1, says=("no-such-host.invalid",), seconds=15,
    ),
    Scenario(
        "a redirect to another scheme", lambda seen: redirect(307, "ftp://127.0.0.1/v1/chat/completions"), None,
        requests=up_to(2), status=1, says=("(?i)ftp|redirect|scheme|protocol",), options=NEVER, seconds=10,
    ),
    Scenario(
        "redirects without an end", lambda seen: redirect(307, f"/v1/{seen.number}/chat/completions"), None,
        requests=up_to(40), status=1, says=("(?i)redirect",), options=NEVER, seconds=15,
    ),
    Scenario(
        "a redirect without a place", [Reply([b"gone"], 307, HTML)], None, requests=up_to(2), status=1, options=ONCE,
        says=("(?i)redirect|307",), seconds=10,
    ),
    Scenario("a compressed answer", compressed),
    Scenario("a large compressed answer", honest, None, score=0.0),
    Scenario(
        "a gzip bomb for one row of three", big(bomb(MIB)), failed(""), rows=3, odd=1, requests=up_to(4, 3), status=1,
        options=ONCE, seconds=15,
    ),
    Scenario(
        "a gzip bomb as an error", lambda seen: Reply([bomb(MIB)], 500, {**JSON, "Content-Encoding": "gzip"}), failed("500|MiB|large|unpack"),
        rows=3, odd=1, requests=3, status=1, options=NEVER, seconds=15,
    ),
    Scenario(
        "a body without an end for one row of three", endless, failed(""), rows=3, odd=1, requests=3, status=1, options=NEVER,
        seconds=15, modes=PLAIN,
    ),
    Scenario(
        "a line without an end for one row of three", one_line, failed(""), rows=3, odd=1, requests=3, status=1, options=NEVER,
        seconds=15, modes=STREAM,
    ),
    *(
        Scenario(
            f"a body that is not {encoding}", big(json.dumps({"a": 1}).encode(), encoding), failed(""), rows=3, odd=0,
            requests=up_to(4, 3), status=1, options=ONCE,
        )
        for encoding in ("gzip", "deflate")
    ),
]  # fmt: skip
