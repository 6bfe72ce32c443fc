"""Refusals that are of one key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from servers.answers import Answer, Step
from servers.faults import fault
from servers.scenario import Scenario, failed, up_to
from servers.wire import Reply

WRONG = fault(401, "Incorrect API key provided", code="invalid_api_key")
POOR = fault(402, "Insufficient credits", code=402)
QUOTA = fault(429, "You exceeded your current quota", kind="insufficient_quota", code="insufficient_quota")
FORBIDDEN = fault(403, "Forbidden for this project")
FLAGGED = fault(
    403, "Your chosen model requires moderation and your input was flagged", code=403,
    metadata={"reasons": ["violence"], "flagged_input": "what is", "provider_name": "X", "model_slug": "m"},
)  # fmt: skip
ONE_BY_ONE = ("--concurrency", "1")

DEAD: dict[str, tuple[Reply, str]] = {
    "401": (WRONG, "Incorrect API key|401"),
    "402": (POOR, "Insufficient credits|402"),
    "quota": (QUOTA, "quota"),
}


def of_key(*keys: str, reply: Reply) -> Callable[[Any], Step]:
    """Refuses these keys."""
    return lambda seen: reply if seen.key in keys else Answer()


class After:
    """Answers so many requests, of any row, and then refuses all."""

    def __init__(self, answered: int, reply: Reply) -> None:
        self._left, self._reply, self._lock = answered, reply, threading.Lock()

    def __call__(self, seen: Any) -> Step:
        with self._lock:
            self._left -= 1
            return Answer() if self._left >= 0 else self._reply


def after(answered: int, reply: Reply) -> Callable[[Any], Step]:
    """As ``After``, counted anew for each server: its first request has the number 0."""
    counts: dict[str, After] = {}

    def step(seen: Any) -> Step:
        if seen.number == 0:
            counts["now"] = After(answered, reply)
        return counts["now"]

    return step


SCENARIOS = [
    *(
        Scenario(
            f"{name}: one of two keys",
            of_key("0001", reply=reply),
            rows=6,
            keys=2,
            requests=up_to(9, 6),
            says=(r"\.\.\.0001",),
            hushed=(r"\.\.\.0002",),
        )
        for name, (reply, _) in DEAD.items()
    ),
    *(
        Scenario(
            f"{name}: the only key",
            [reply],
            None,
            rows=3,
            requests=up_to(3),
            status=1,
            says=(words, r"\.\.\.0001", "rerun"),
            seconds=10,
        )
        for name, (reply, words) in DEAD.items()
    ),
    *(
        Scenario(
            f"{name}: all of three keys",
            [reply],
            None,
            rows=3,
            keys=3,
            requests=up_to(9, 3),
            status=1,
            says=(words,),
            seconds=10,
        )
        for name, (reply, words) in DEAD.items()
    ),
    *(
        Scenario(
            f"{name}: after three answers, which are kept",
            after(3, reply),
            None,
            rows=6,
            requests=up_to(5, 4),
            status=1,
            rerun=up_to(3),
            options=ONE_BY_ONE,
        )
        for name, (reply, _) in DEAD.items()
    ),
    Scenario(
        "403 without a flag: one of two keys",
        of_key("0001", reply=FORBIDDEN),
        rows=8,
        keys=2,
        requests=up_to(16, 8),
    ),
    Scenario(
        "403 without a flag: everything, with one key",
        [FORBIDDEN],
        None,
        rows=3,
        requests=up_to(3),
        status=1,
        says=("Forbidden for this project",),
    ),
    Scenario(
        "403 without a flag: one row, after others, with one key",
        [FORBIDDEN],
        failed("Forbidden", final=True),
        rows=24,
        odd=12,
        requests=24,
        options=ONE_BY_ONE,
        hushed=("is out",),
        rerun=0,
    ),
    Scenario(
        "403 with a flag: one row, three keys",
        [FLAGGED],
        failed("flagged", final=True),
        rows=24,
        odd=1,
        keys=3,
        requests=24,
        hushed=("is out",),
        rerun=0,
    ),
    Scenario(
        "403 with a flag: the first row, one key",
        [FLAGGED],
        failed("flagged", final=True),
        rows=3,
        odd=0,
        requests=3,
        status=1,
        options=ONE_BY_ONE,
        rerun=0,
    ),
    Scenario(
        "429 on one key is waited for",
        lambda seen: (
            fault(429, "slow down", Retry_After="0.2") if seen.key == "0001" and seen.attempt == 0 else Answer()
        ),
        rows=6,
        keys=2,
        requests=up_to(12, 6),
        hushed=("is out",),
    ),
]
