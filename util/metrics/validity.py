"""Whether a run has a score: not if nothing was generated or judged, nor if too many responses failed."""

from __future__ import annotations

from dataclasses import dataclass

from util.metrics.reasons import Reason


@dataclass(frozen=True)
class RunOutcome:
    """The responses of a result file that are no result.

    total: all responses, including those below. failed: without a text. unjudged: with a text, but without a
    verdict, because the check failed or was not run. retriable: those of both that a rerun tries again.
    unjudgeable: without a verdict because of the dataset's row (see ``Response.unjudgeable``). reasons: most
    frequent first. unit, lacking: the words for ``total`` and ``unjudged`` in messages.
    """

    total: int
    failed: int = 0
    retriable: int = 0
    unjudged: int = 0
    unjudgeable: int = 0
    reasons: tuple[Reason, ...] = ()
    unit: str = "responses"
    lacking: str = "have no verdict"

    def no_score(self, max_failed: float) -> str | None:
        """Why there is no score; None if there is one. max_failed: the share that may fail or lack a verdict.

        Responses that the dataset's rows make unjudgeable do not count towards ``max_failed``: no setting and no
        rerun can change them. They count as not right, and if there are no others, there is no score.
        """
        if not self.total:
            return f"there are no {self.unit}"
        lost = self.failed + self.unjudged
        if lost + self.unjudgeable == self.total:
            return self._described(self.total)
        if lost / self.total > max_failed + 1e-12:
            return f"{self._described(lost)}, more than --max-failed {_percent(max_failed)}"
        return None

    def remark(self) -> str:
        """How many responses are no result, where there is a score nevertheless; "" if all are."""
        parts = []
        if lost := self.failed + self.unjudged:
            parts.append(self._described(lost))
        if self.unjudgeable:
            share = _percent(self.unjudgeable / self.total)
            parts.append(
                f"{self.unjudgeable} of {self.total} {self.unit} ({share}) cannot be judged by this dataset's data"
            )
        return "; ".join(parts)

    def _described(self, count: int) -> str:
        unjudged = self.unjudged + (self.unjudgeable if count == self.total else 0)
        what = "failed" if not unjudged else f"failed or {self.lacking}" if self.failed else self.lacking
        return f"{count} of {self.total} {self.unit} ({_percent(count / self.total)}) {what}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
