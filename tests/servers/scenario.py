"""What a scenario is: the server's replies, the command, and what must come of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servers.answers import RIGHT_TEXT, Step

if TYPE_CHECKING:
    from servers.compare import Played

ANY: Any = object()
"""Not looked at."""

NOT_TRUE: Any = object()
"""A correctness of False or None."""

COUNTED: Any = object()
"""Token counts of our own: above 0, and marked as estimated."""

ESTIMATED = "estimated"
"""The field that marks token counts of our own in ``token_usages``."""

SERVER_WORD = "server_finish_reason"
"""The field with the server's word where it is not "stop" itself."""

BOTH, STREAM, PLAIN = ("stream", "plain"), ("stream",), ("plain",)

Words = str | re.Pattern[str]


@dataclass(frozen=True)
class Record:
    """What the result file holds for one response. By default: the right answer, as the server sent it.

    content: the text, or a pattern. reason, error, partial: patterns. server_word: None where there is none. partial:
    the text of an interrupted stream, None where there is none. usage: (prompt, completion) or ``COUNTED``.
    """

    content: Any = RIGHT_TEXT
    finish_reason: str = "stop"
    correctness: Any = True
    reason: str = ""
    error: str = ""
    final: Any = ANY
    server_word: Any = None
    partial: Any = None
    usage: Any = (10, 5)


RIGHT = Record()
CUT_SHORT = Record(finish_reason="length", correctness=False, reason="truncated", server_word=ANY)


def thinks(thought: str, answer: str = RIGHT_TEXT) -> str:
    """The content of a response that thinks first."""
    return f"<think>\n{thought}\n</think>\n\n{answer}"


def failed(error: str, *, final: Any = False, **fields: Any) -> Record:
    """A request without an answer. final: whether a rerun leaves it alone."""
    found = {"content": "", "finish_reason": "error", "correctness": None, "usage": ANY, **fields}
    return Record(error=error, final=final, **found)


@dataclass(frozen=True)
class Scenario:
    """One run of a script against the scripted server.

    answers: the steps of a row by attempt (the last one repeats), or a function of each request. rows: problems. odd:
    the one row that ``answers`` and ``expected`` are of; all others are answered at once. None: they are of every row. expected: None where there need
    be no result file. requests: POSTs in all. says, hushed: patterns that stderr has, and has not. once: a pattern that
    occurs in one line of stderr. rerun: POSTs of the same command given again. spent: prompt and completion tokens that
    "used" shows at least. seconds: most time of the run. system: a system prompt. script: "inference_and_check" or "eval".
    judged: False only generates, which is faster.
    score: the accuracy at the end; ``ANY`` still may be no number where too many rows failed. check: looks further.
    """

    name: str
    answers: Sequence[Step] | Callable[[Any], Step]
    expected: Record | None = RIGHT
    rows: int = 1
    odd: int | None = None
    requests: Any = 1
    status: Any = 0
    says: tuple[str, ...] = ()
    hushed: tuple[str, ...] = ()
    once: str = ""
    options: tuple[str, ...] = ()
    modes: tuple[str, ...] = BOTH
    temperature: str | None = "0"
    keys: int = 1
    models: Any = None
    rerun: Any = None
    spent: tuple[int, int] | None = None
    seconds: float | None = None
    system: str = ""
    script: str = "inference_and_check"
    judged: bool = True
    score: Any = ANY
    check: Callable[[Played], None] | None = None


def up_to(most: int, least: int = 1) -> range:
    """From ``least`` to ``most`` requests."""
    return range(least, most + 1)
