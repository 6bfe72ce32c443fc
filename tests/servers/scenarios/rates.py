"""Rate limits: waited for, or said with what would fit."""

from __future__ import annotations

from typing import Any

from servers.answers import Answer, Step
from servers.compare import Played
from servers.faults import fault, limit_of, until
from servers.scenario import Scenario, up_to

PROMPT = 232
GROQ = (
    "Request too large for model `m` in organization `org_x` service tier `on_demand` on tokens per minute (TPM): Limit 6000, "
    "Requested {total}, please reduce your message size and try again. Need more tokens? Upgrade to Dev Tier today at "
    "https://console.groq.com/settings/billing"
)
OPENAI = (
    "Request too large for m in organization org-x on tokens per min (TPM): Limit 10000, Requested {total}. The input or "
    "output tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to "
    "learn more."
)
LIMITED = {"kind": "tokens", "code": "rate_limit_exceeded"}
TIME = r"\b\d{1,2}:\d{2}\b"


def too_large(status: int, words: str, limit: int) -> Any:
    """A limit of tokens per minute that counts what a request asks for."""

    def step(seen: Any) -> Step:
        total = limit_of(seen) + PROMPT
        return Answer() if total <= limit else fault(status, words.format(total=total), **LIMITED)

    return step


def later(words: str, **headers: str) -> Any:
    return fault(429, words, code="rate_limit_exceeded", **headers)


def waited(least: float) -> Any:
    """The second request came at least so many seconds after the first."""

    def look(played: Played) -> None:
        gap = played.chats[1].at - played.chats[0].at
        assert gap >= least, f"{gap:.2f} s between the requests, expected {least} or more"

    return look


SHORT = {
    "whole seconds": {"Retry_After": "1"},
    "milliseconds": {"retry_after_ms": "900"},
    "a fraction": {"Retry_After": "0.9"},
}
ODD = {
    "negative": "-5", "not a number": "nan", "a word": "soon", "empty": "", "zero": "0", "a date that is past":
    "Wed, 21 Oct 2015 07:28:00 GMT",
}  # fmt: skip
LONG = {
    "a day": (429, "86400"), "an hour, with 503": (503, "3600"), "a billion seconds": (429, "1e9"),
    "for ever": (503, "inf"), "a date far off": (429, "Fri, 01 Jan 2100 00:00:00 GMT"),
}  # fmt: skip

SCENARIOS = [
    *(
        Scenario(
            f"more tokens a minute than there are: {name}", step, None, requests=up_to(3), status=1,
            says=("--max-tokens", rf"{(limit - PROMPT) // 1000},?{(limit - PROMPT) % 1000:03}"),
            seconds=10,
        )
        for name, limit, step in (
            ("Groq, 413", 6000, too_large(413, GROQ, 6000)),
            ("OpenAI, 429", 10000, too_large(429, OPENAI, 10000)),
        )
    ),
    Scenario(
        "more tokens a minute than there are, many rows", too_large(413, GROQ, 6000), None, rows=12, requests=up_to(12),
        status=1, says=(r"5,?768",), seconds=10,
    ),
    Scenario(
        "as many tokens as fit a minute", too_large(413, GROQ, 6000), options=("--max-tokens", "5768"),
    ),
    Scenario(
        "a limit that is used up passes",
        until(1, later(
            "Rate limit reached for m in organization org-x on tokens per min (TPM): Limit 10000, Used 9000, Requested 2000. "
            "Please try again in 0.2s.", Retry_After="0.2")),
        requests=2,
    ),
    *(
        Scenario(f"Retry-After in {name}", until(1, later("slow down", **headers)), requests=2, check=waited(0.85), seconds=15)
        for name, headers in SHORT.items()
    ),
    *(
        Scenario(f"Retry-After that is {name}", until(1, later("slow down", Retry_After=value)), requests=2, seconds=20)
        for name, value in ODD.items()
    ),
    *(
        Scenario(
            f"Retry-After of {name}",
            [fault(status, "come back later", Retry_After=value)],
            None,
            requests=1,
            status=1,
            says=(TIME, "(?i)--max-wait|come back later"),
            seconds=10,
        )
        for name, (status, value) in LONG.items()
        if value not in ("1e9", "inf")
    ),
    *(
        Scenario(
            f"Retry-After of {name}", [fault(status, "come back later", Retry_After=value)], None, requests=up_to(2),
            status=1, options=("--max-retries", "1"), seconds=20,
        )
        for name, (status, value) in LONG.items()
        if value in ("1e9", "inf")
    ),
    Scenario(
        "Retry-After above --max-wait",
        [later("come back later", Retry_After="5")],
        None,
        requests=1,
        status=1,
        says=(TIME,),
        options=("--max-wait", "2"),
        seconds=5,
    ),
    Scenario(
        "Retry-After below --max-wait",
        until(1, later("come back later", Retry_After="1")),
        requests=2,
        options=("--max-wait", "2"),
        check=waited(0.95),
    ),
    Scenario(
        "what is in flight is kept when a wait is too long",
        lambda seen: later("come back later", Retry_After="3600") if seen.row == 1 else Answer(delay=0.5),
        None,
        rows=3,
        requests=3,
        status=1,
        says=(TIME,),
        rerun=1,
    ),
    Scenario(
        "429 without Retry-After, then right", until(2, later("slow down")), requests=3, seconds=30,
    ),
    Scenario(
        "a quota for the day",
        [later(
            "Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used 97050, Requested 33000. Please try "
            "again in 7h38m0.016s.", Retry_After="27480")],
        None,
        requests=1,
        status=1,
        says=(TIME,),
        seconds=10,
    ),
]  # fmt: skip
