"""Faults that pass: statuses, lost connections, and what is shown of them."""

from __future__ import annotations

from servers.answers import Answer, chunk, event
from servers.faults import SOON, fault, until
from servers.scenario import BOTH, PLAIN, STREAM, Scenario, failed, up_to
from servers.wire import EVENTS, JSON, Cut, Reply, nothing

PASSING = (408, 409, 425, 429, 498, 499, 500, 502, 503, 504, 520, 522, 524, 529)
ONCE = ("--max-retries", "1")
NEVER = ("--max-retries", "0")

LOST = {
    "closed before an answer": nothing(),
    "reset before an answer": nothing(reset=True),
    "closed within the head": Reply([b"HTTP/1.1 200 OK\r\nContent-Ty", Cut()], framing="close", head=False),
    "closed after the head": Reply([Cut()], headers={**JSON, "Content-Length": "500"}),
    "closed within the body": Reply([b'{"choices": [', Cut()], headers={**JSON, "Content-Length": "500"}),
    "reset within the body": Reply([b'{"choices": [', Cut(reset=True)], headers={**JSON, "Content-Length": "500"}),
    "closed within the body, in chunks": Reply([b'{"choices": [', Cut()], headers=JSON, framing="chunked"),
    "not HTTP": Reply([b"SSH-2.0-OpenSSH_9.6\r\n", Cut()], head=False),
}
SHOWN = {
    "openai": "The engine is overloaded", "list": "The engine is overloaded", "flat": "The engine is overloaded",
    "string": "The engine is overloaded", "message": "The engine is overloaded", "detail": "The engine is overloaded",
    "anthropic": "The engine is overloaded", "text": "The engine is overloaded", "html": "The engine is overloaded",
}  # fmt: skip

SCENARIOS = [
    *(
        Scenario(f"status {status}, then right", until(1, fault(status, "busy", **SOON)), requests=2)
        for status in PASSING
    ),
    *(
        Scenario(
            f"status {status} always",
            [fault(status, "it is busy", **SOON)],
            failed("it is busy"),
            requests=2,
            status=1,
            rerun=2,
            options=ONCE,
            says=("it is busy",),
            seconds=10,
        )
        for status in (408, 425, 499, 500, 503, 529)
    ),
    Scenario("503 three times, then right", until(3, fault(503, "busy", **SOON)), requests=4),
    Scenario(
        "503 for one row of three",
        [fault(503, "busy", **SOON)],
        failed("busy"),
        rows=3,
        odd=1,
        requests=4,
        status=1,
        options=ONCE,
        rerun=2,
    ),
    *(
        Scenario(f"connection {name}", until(1, reply), requests=2, modes=modes)
        for (name, reply), modes in zip(
            LOST.items(), (BOTH, BOTH, STREAM, PLAIN, STREAM, PLAIN, STREAM, PLAIN), strict=True
        )
    ),
    Scenario(
        "every connection is closed",
        [nothing()],
        None,
        requests=up_to(2),
        status=1,
        options=ONCE,
    ),
    *(
        Scenario(
            f"the words of an error as {form}",
            [fault(500, words, form=form)],
            failed(words),
            status=1,
            says=(words,),
            hushed=("<h1>", "<html"),
            options=NEVER,
        )
        for form, words in SHOWN.items()
    ),
    Scenario("an error with an empty body", [Reply([], 502)], failed("502"), status=1, options=NEVER, says=("502",)),
    Scenario(
        "an error with bytes that are no text",
        [Reply([b"\xff\xfe\x00\x80" * 50], 500)],
        failed("500"),
        status=1,
        options=NEVER,
    ),
    Scenario(
        "an error with a long page",
        [fault(500, "overloaded " * 3000, form="html")],
        failed("overloaded"),
        status=1,
        options=NEVER,
        hushed=("(overloaded ?){200}",),
    ),
    Scenario(
        "an error status with a stream",
        [Reply([event({"error": {"message": "it is busy"}}), event(b"[DONE]")], 503, EVENTS, framing="chunked")],
        failed("it is busy"),
        status=1,
        options=NEVER,
    ),
    Scenario(
        "an error status with an answer is an error",
        until(1, Reply([event(chunk({"content": "x"}, "stop"))], 500, EVENTS)),
        requests=2,
    ),
    Scenario(
        "nothing listens",
        [Answer()],
        None,
        requests=0,
        status=1,
        says=("(?i)cannot be reached|refused|connect",),
        options=("--base-url", "http://127.0.0.1:1/v1", *NEVER),
        seconds=30,
        modes=PLAIN,
    ),
    Scenario(
        "a URL without a scheme",
        [Answer()],
        None,
        requests=0,
        status=1,
        says=("(?i)http://|cannot be reached|refused",),
        options=("--base-url", "127.0.0.1:1/v1", *NEVER),
        seconds=30,
        modes=PLAIN,
    ),
    Scenario(
        "a host that does not exist",
        [Answer()],
        None,
        requests=0,
        status=1,
        says=("(?i)cannot be reached|connect|resol|name",),
        options=("--base-url", "http://no-such-host.invalid/v1", *NEVER),
        seconds=30,
        modes=PLAIN,
    ),
]
