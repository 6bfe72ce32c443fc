"""How far a run is: what the bar, the panel and the plain lines show."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from util.engines.base import Outlay
from util.metrics.intervals import share_interval


@dataclass
class Standing:
    """total, done: responses, or verdicts where only those are made; done has those of earlier runs, fresh has not.

    samples: responses per problem. right, judged: of earlier runs, too. truncated, failed, tokens: of this run's
    responses. taken: requests that the engine has been handed. engine: a few words each on its keys, servers or replicas.
    """

    label: str
    total: int
    done: int
    unit: str = "response"
    samples: int = 1
    fresh: int = 0
    right: int = 0
    judged: int = 0
    truncated: int = 0
    failed: int = 0
    tokens: int = 0
    taken: int = 0
    outlay: Outlay | None = None
    engine: list[str] = field(default_factory=list)
    began: float = field(default_factory=lambda: time.monotonic())

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.began, 1e-9)

    @property
    def in_flight(self) -> int:
        return max(0, self.taken - self.fresh)

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before there is one."""
        return self.seconds / self.fresh * max(0, self.total - self.done) if self.fresh else None

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share of right responses, as wide as if the responses to a problem were all alike."""
        return share_interval(self.right / self.judged, self.judged / self.samples) if self.judged else (0.0, 1.0)

    def money(self, *, limit: bool = False) -> str:
        """Spent and projected, "" where nothing is paid for. limit: also what may be spent."""
        if self.outlay is None or self.outlay.spent is None or self.outlay.projected is None:
            return ""
        found = f"{dollars(self.outlay.spent)} of ~{dollars(self.outlay.projected)}"
        return f"{found}, limit {dollars(self.outlay.limit)}" if limit and self.outlay.limit is not None else found

    def shares(self) -> list[str]:
        """What became of the responses, in a few words each; without what there is none of."""
        found = [f"acc {self.right / self.judged:.3f} of {self.judged}"] if self.judged else []
        found += [f"{self.truncated} truncated"] if self.truncated else []
        return found + ([f"{self.failed} failed"] if self.failed else [])

    def speed(self) -> str:
        return f"{self.tokens / self.seconds:,.0f} tok/s" if self.tokens else ""


def dollars(amount: float) -> str:
    """
    >>> dollars(12.345), dollars(0.00123), dollars(0.0)
    ('$12.35', '$0.0012', '$0.00')
    """
    return f"${amount:,.2f}" if amount >= 0.1 or not amount else f"${amount:.4f}"


def span(seconds: float) -> str:
    """
    >>> span(59.4), span(200), span(7500), span(200000)
    ('59 s', '3 min 20 s', '2 h 5 min', '2 d 7 h')
    """
    whole = round(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if not minutes:
        return f"{whole} s"
    if not hours:
        return f"{minutes} min {whole % 60} s"
    return f"{days} d {hours % 24} h" if days else f"{hours} h {minutes % 60} min"
