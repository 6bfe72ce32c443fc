"""Rate limits: token buckets, and durations and times as servers write them."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

MINUTE = 60.0
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
    """A token bucket. limit: what it holds, and refills per minute; None for no limit. level: what may be sent now."""

    limit: float | None = None
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.limit or 0.0

    def refill(self) -> None:
        now = time.monotonic()
        if self.limit is not None:
            self.level = min(self.limit, self.level + (now - self.at) * self.limit / MINUTE)
        self.at = now

    def wait(self, amount: float) -> float:
        """Seconds until ``amount`` may be taken; 0 if now."""
        if self.limit is None:
            return 0.0
        self.refill()
        # A request larger than the bucket may go when the bucket is full.
        missing = min(amount, self.limit) - self.level
        return max(0.0, missing * MINUTE / self.limit)

    def take(self, amount: float) -> None:
        if self.limit is not None:
            self.level -= amount

    def update(self, limit: float | None, remaining: float | None, in_flight: float) -> None:
        """Take over the server's numbers where they allow less; they do not count what is in flight."""
        if limit is not None and limit >= 1 and (self.limit is None or limit < self.limit):
            first = self.limit is None
            self.limit = limit
            if first:
                self.level, self.at = limit - in_flight, time.monotonic()
        if remaining is not None and remaining >= 0 and self.limit is not None:
            self.refill()
            self.level = min(self.level, remaining - in_flight)
