"""How long to wait for an answer: for its beginning, between its bytes, and after its end; never for the whole."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

AFTER_THE_END = 30.0
"""Seconds that a stream may stay open after its finish reason, for usage and [DONE]."""


@dataclass(frozen=True)
class WaitLimits:
    """Seconds to wait. first_token: until the answer begins. idle: between two bytes after that."""

    first_token: float = 3600.0
    idle: float = 600.0


@dataclass
class Patience:
    """Until when to wait for the next bytes. Bytes alone are life for ``idle``, tokens are for ``first_token``."""

    limits: WaitLimits
    longest: float
    began: float = field(default_factory=time.monotonic)
    byte_at: float = 0.0
    token_at: float = 0.0
    ends_at: float = 0.0

    def left(self) -> float:
        """Seconds from now, 0 or less if they are over."""
        until = (self.token_at or self.began) + self.longest
        if self.token_at:
            until = min(until, self.byte_at + self.limits.idle)
        if self.ends_at:
            until = min(until, self.ends_at)
        return until - time.monotonic()

    def came(self, *, token: bool, finished: bool) -> None:
        self.byte_at = time.monotonic()
        if token:
            self.token_at = self.byte_at
        if finished and not self.ends_at:
            self.ends_at = self.byte_at + min(AFTER_THE_END, self.limits.idle)

    @property
    def verdict(self) -> str:
        if not self.token_at:
            return f"no answer within {self.longest:g} s (--first-token-timeout)"
        if time.monotonic() - self.byte_at >= self.limits.idle:
            return f"silence for {self.limits.idle:g} s in the middle of the answer (--idle-timeout)"
        return f"no further token for {self.longest:g} s (--first-token-timeout)"
