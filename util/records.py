"""What a check says about one response."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NO_FINAL_ANSWER = "no final answer found"
NO_OPTION = "no option was chosen"
NO_CODE = "no code found"
NO_ANSWER = frozenset((NO_FINAL_ANSWER, NO_OPTION, NO_CODE))
"""Reasons of a rejection that found nothing to judge."""


@dataclass(frozen=True)
class Verdict:
    """correct: True only for a verified pass, None where it could not be judged.

    reason says why in a few words; evidence adds what a reader may want to see
    (the extracted answer, the failing test), as plain JSON values.
    """

    correct: bool | None
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The fields that go into a result file beside the response."""
        evidence = {"evidence": self.evidence} if self.evidence else {}
        return {"correctness": self.correct, "reason": self.reason, **evidence}
