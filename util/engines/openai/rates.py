"""Rate limits: token buckets, and durations and times as servers write them."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

MINUTE = 60.0
AGREEING = 2
"""Answers in a row that must show more than a bucket's level before it is raised."""
OVERTAKING = 8.0
"""More than this is not of requests that overtake each other: it counts at once."""
SLOWER, FASTER, SLOWEST_PACE = 0.8, 0.02, 0.05
"""How a bucket's pace changes: times the first at a refusal, plus the second at each answer, never below the third."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str | None) -> float | None:
    """Seconds of "1s", "6m0s", "20ms" or "1.5"; infinity for "inf"; None for anything else."""
    if not text:
        return None
    if (seconds := number(text, infinite=True)) is not None:
        return max(0.0, seconds)
    parts = _DURATION.findall(text)
    return sum(float(value) * _UNITS[unit] for value, unit in parts) if parts else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: retry-after-ms, or retry-after in seconds or as a date (RFC 9110)."""
    if (seconds := duration(headers.get("retry-after-ms", "") + "ms")) is not None:
        return seconds
    text = headers.get("retry-after")
    try:
        date = parsedate_to_datetime(text) if text and text[:1].isalpha() and "," in text else None
    except ValueError:
        date = None
    if date is not None:
        return max(0.0, date.timestamp() - time.time())
    return duration(text)


def clock_time(seconds: float) -> str:
    """The local time in so many seconds, with the date where it is another day."""
    if seconds > 200 * 365 * 86400:
        return "a day that is out of reach"
    at, now = time.localtime(time.time() + seconds), time.localtime()
    same_day = (at.tm_year, at.tm_yday) == (now.tm_year, now.tm_yday)
    return time.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S", at)


def number(text: str | None, *, infinite: bool = False) -> float | None:
    """A number in a header; None where it is none, or not finite."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    if value is None or math.isnan(value) or (math.isinf(value) and not (infinite and value > 0)):
        return None
    return value


@dataclass
class Bucket:
    """A token bucket. limit: what refills per minute, and what it holds at most; None for no limit. level: what may be
    sent now. room: what it holds as far as the server has shown, None before it has.

    corrected: the sum of all corrections of the level by what the server said. pace: the part of the refill that is
    ours; less than 1 where the server refuses more than its numbers say, since others use the same key.
    above: by how much the last answers showed more than the level.
    """

    limit: float | None = None
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)
    corrected: float = 0.0
    pace: float = 1.0
    room: float | None = None
    above: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.level = self.limit or 0.0

    @property
    def most(self) -> float:
        """What it holds at most."""
        limit = math.inf if self.limit is None else self.limit
        return limit if self.room is None else min(limit, self.room)

    def refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            self.level = min(self.most, self.level + (now - self.at) * self.pace * self.limit / MINUTE)
        self.at = now

    def wait(self, amount: float) -> float:
        """Seconds until ``amount`` may be taken; 0 if now."""
        if self.limit is None:
            return 0.0
        self.refill()
        # A request larger than the bucket may go when the bucket is full.
        missing = min(amount, self.most) - self.level
        return max(0.0, missing * MINUTE / (self.pace * self.limit))

    def slower(self) -> None:
        """The server has refused what the level allowed."""
        self.refill()
        self.pace = max(SLOWEST_PACE, SLOWER * self.pace)

    def shut(self, seconds: float, amount: float) -> None:
        """The server takes ``amount`` in so many seconds, and no more than that."""
        if self.limit is not None:
            self.refill()
            self._correct(min(0.0, amount - seconds * self.pace * self.limit / MINUTE - self.level))

    def _correct(self, error: float) -> None:
        self.level += error
        self.corrected += error

    def faster(self) -> None:
        """It has not refused a request."""
        if self.pace < 1.0:
            self.refill()
            self.pace = min(1.0, self.pace + FASTER)

    def take(self, amount: float) -> float | None:
        """Take ``amount`` and return a mark of the level, for ``update``; None where no limit is known."""
        if self.limit is None:
            return None
        self.refill()
        self.level -= amount
        return self.level - self.corrected

    def later(self, mark: float | None, seconds: float) -> float | None:
        """The mark of a request that leaves so many seconds after ``take``."""
        refilled = 0.0 if self.limit is None else seconds * self.pace * self.limit / MINUTE
        return None if mark is None else mark + refilled

    def update(
        self, limit: float | None, remaining: float | None, mark: float | None, since: float = 0.0, amount: float = 1.0
    ) -> None:
        """Take over the server's numbers, which are of the moment at which it took the request.

        mark: what ``take`` returned for the request; the level then and the server's differ by a constant, whatever was
        sent or refilled meanwhile. since: what was taken after the request. amount: what it took itself.
        """
        remaining = None if remaining is None or remaining < 0 else remaining
        if remaining is not None:
            self.refill()
            self.room = max(self.room or 1.0, remaining + amount)
            self._correct(min(0.0, self.room - self.level))
        if limit is not None and limit >= 1 and (self.limit is None or limit < self.limit):
            first = self.limit is None
            self.limit = limit
            if first:
                self.at = time.monotonic()
                self.level = min(limit, limit if remaining is None else remaining) - since
                return
        if remaining is None or self.limit is None or mark is None:
            return
        self.refill()
        error = min(remaining, self.limit) - (mark + self.corrected)
        if -1 < error <= 0:
            self.above.clear()
            return  # the server shows whole numbers
        if error <= 0:
            self.above.clear()
            self._correct(error)
        elif limit == self.limit:  # else the user allows less than the server
            # Requests overtake each other: one answer alone may show more than there is.
            self.above.append(error)
            if len(self.above) >= AGREEING or error > OVERTAKING:
                self._correct(error if error > OVERTAKING else min(self.above))
                self.above.clear()
