"""What a judge model adds to a result file, counted apart from the rules' verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field

from util.records import Response
from util.results.model_verdicts import current


@dataclass
class JudgeCounts:
    """Responses with a judge model's verdict.

    accepted, rejected, unclear: where the rules have no verdict. prose_accepted, prose_rejected, prose_unclear: where the
    rules found other words than a gold answer in prose.
    """

    accepted: int = 0
    rejected: int = 0
    unclear: int = 0
    prose_accepted: int = 0
    prose_rejected: int = 0
    prose_unclear: int = 0
    models: set[str] = field(default_factory=set)

    def add(self, response: Response) -> None:
        """Count one response; verdicts on what the rules have accepted since do not count."""
        found = current(response) if response.judge is not None else None
        if found is None or response.correct is True:
            return
        self.models.add(found.model)
        side = {True: "accepted", False: "rejected", None: "unclear"}[found.correct]
        name = side if response.correct is None else f"prose_{side}"
        setattr(self, name, getattr(self, name) + 1)

    def lines(self, right: int, total: int) -> list[str]:
        """What is printed, nothing without a judge. right, total: of the file, by the rules."""
        if not self.models:
            return []
        both = right + self.accepted
        found = [
            f"with judge ({', '.join(sorted(self.models))}): {both} of {total} right ({both / max(1, total):.1%}): {right} by "
            f"the rules, {self.accepted} that only the judge accepts; it rejects {self.rejected}, {self.unclear} without a "
            "clear verdict"
        ]
        if prose := self.prose_accepted + self.prose_rejected + self.prose_unclear:
            found.append(
                f"of {prose} responses that the rules reject for other words than a gold answer in prose, the judge accepts "
                f"{self.prose_accepted} and rejects {self.prose_rejected}; they stay rejected"
            )
        return found

    def fields(self) -> dict[str, object]:
        """The counts as plain JSON values."""
        return {**vars(self), "models": sorted(self.models)}
