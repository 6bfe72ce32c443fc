"""Rate limits: token buckets, and durations and times as servers write them."""

from __future__ import annotations

import bisect
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

MINUTE = 60.0
_REMEMBERED = 4096
"""Requests whose time of sending is kept at least."""

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
    if seconds > 10 * 365 * 86400:
        return "never"
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
    sent now. room: what it holds at most as far as the server has shown, None before it has.
    """

    limit: float | None = None
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)
    room: float | None = None
    _sent: list[tuple[float, float]] = field(default_factory=list)
    """(when, sum of all that was taken before), in order of time."""
    _sum: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.limit or 0.0

    def refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            most = self.limit if self.room is None else min(self.limit, self.room)
            self.level = min(most, self.level + (now - self.at) * self.limit / MINUTE)
        self.at = now

    def wait(self, amount: float) -> float:
        """Seconds until ``amount`` may be taken; 0 if now."""
        if self.limit is None:
            return 0.0
        self.refill()
        # A request larger than the bucket may go when the bucket is full.
        most = self.limit if self.room is None else min(self.limit, self.room)
        missing = min(amount, most) - self.level
        return max(0.0, missing * MINUTE / self.limit)

    def take(self, amount: float) -> None:
        if len(self._sent) > 2 * _REMEMBERED:
            del self._sent[:_REMEMBERED]
        self._sent.append((time.monotonic(), self._sum))
        self._sum += amount
        if self.limit is not None:
            self.refill()
            self.level -= amount

    def give_back(self, amount: float) -> None:
        """A request was refused, and has taken nothing."""
        self._sum -= amount
        self.level += amount

    def update(self, limit: float | None, remaining: float | None, amount: float, seconds: float) -> None:
        """Take over the numbers in a reply where they allow less.

        The server counted when the request came, ``seconds`` ago. amount: what the request took. Since then it has
        refilled the bucket, and what was sent later was taken out; what was in flight before is in its numbers.
        """
        now = time.monotonic()
        later = max(0.0, self._sum - self._sum_at(now - seconds) - amount)
        if limit is not None and limit >= 1 and (self.limit is None or limit < self.limit):
            first = self.limit is None
            self.limit = limit
            if first:
                self.level, self.at = limit - later - amount, now
        if remaining is not None and remaining >= 0 and self.limit is not None:
            self.refill()
            self.room = max(self.room or 1.0, remaining + amount)
            refilled = seconds * self.limit / MINUTE
            self.level = min(self.level, self.room, remaining + refilled - later)

    def _sum_at(self, when: float) -> float:
        """What had been taken before the request that was sent at ``when``."""
        place = bisect.bisect_right(self._sent, when, key=lambda each: each[0])
        return self._sent[max(place - 1, 0)][1] if self._sent else self._sum
