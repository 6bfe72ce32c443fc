"""Why responses failed or have no verdict: reasons grouped by kind, with counts. Memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from util.records import Response

MAX_KINDS = 1000
"""Further kinds are counted together."""
MAX_LENGTH = 300
"""Characters of an example."""

_VARIABLE = re.compile(
    r"(?P<status>\b(?:code|status|http)\W{0,3}[1-5]\d\d\b)"  # a status tells kinds apart
    r"|\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{8,}\b"  # identifiers of requests, batches, nodes
    r"|\d[\d,.]*",
    re.IGNORECASE,
)


class Cause(Enum):
    """What a reason explains."""

    FINAL = "failed for good"
    RETRIABLE = "failed, retried on a rerun"
    UNJUDGED = "without a verdict"
    UNJUDGEABLE = "not judgeable because of the dataset's row"


@dataclass(frozen=True)
class Reason:
    """One kind of reason. example: one of its messages, on one line."""

    cause: Cause
    example: str
    count: int


@dataclass
class Reasons:
    """Counts of reasons by cause and kind; ``add`` is called once per response without a result."""

    _kinds: dict[tuple[Cause, str], tuple[str, int]] = field(default_factory=dict)

    def add(self, cause: Cause, text: str) -> None:
        """Count one response."""
        kind, example = _kind_of(text[: 10 * MAX_LENGTH])
        if (cause, kind) not in self._kinds and len(self._kinds) >= MAX_KINDS:
            kind, example = "", f"other reasons, after {MAX_KINDS:,} kinds"
        first, count = self._kinds.get((cause, kind), (example, 0))
        self._kinds[cause, kind] = first, count + 1

    def add_response(self, response: Response) -> None:
        """Count a response if it failed or has no verdict."""
        if response.failed:
            self.add(Cause.FINAL if response.final else Cause.RETRIABLE, response.error or "no reason was recorded")
        elif response.unjudgeable:
            self.add(Cause.UNJUDGEABLE, response.reason)
        elif response.correct is None:
            self.add(Cause.UNJUDGED, response.reason or "not checked yet")

    def __iter__(self) -> Iterator[Reason]:
        """The kinds, most frequent first."""
        found = [Reason(cause, example, count) for (cause, _), (example, count) in self._kinds.items()]
        return iter(sorted(found, key=lambda reason: -reason.count))


@lru_cache(maxsize=1024)
def _kind_of(text: str) -> tuple[str, str]:
    """(kind, example). Messages of one kind differ only in numbers and identifiers.

    >>> _kind_of("prompt of 4100 tokens")[0] == _kind_of("prompt of 4,200 tokens")[0]
    True
    >>> _kind_of("status 400: id req_81fa02")[0], _kind_of("status 503: id req_77ab11")[0]
    ('status 400: id *', 'status 503: id *')
    """
    line = " ".join(text.split())
    example = line if len(line) <= MAX_LENGTH else f"{line[: MAX_LENGTH - 1]}…"
    return _VARIABLE.sub(lambda match: match["status"] or "*", line)[:MAX_LENGTH], example
