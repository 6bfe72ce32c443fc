"""What the referee judges, and the checker that dispatches to graders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from util.records import Row, Verdict
from util.task import Checker

if TYPE_CHECKING:
    from util.foreign.sample import ForeignSample


@dataclass(frozen=True, slots=True)
class ForeignCase:
    """A response in the form in which a checker judges it. kind: "math", "choice", or a dataset of ours ("task:APPS").

    why_not: the reason why it cannot be judged; then the rest is empty.
    """

    kind: str = ""
    row: Row = field(default_factory=dict)
    gold: str | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Judge:
    """How samples become cases, and which checkers judge a kind.

    checkers: kind, names of graders -> grader -> checker; without the graders that do not apply to the kind.
    """

    case: Callable[[ForeignSample], ForeignCase]
    checkers: Callable[[str, tuple[str, ...]], Mapping[str, Checker]]


@dataclass(frozen=True)
class GraderChecker(Checker):
    """Several graders of one kind of case: the row says which one judges."""

    graders: Mapping[str, Checker]

    @property
    def rules(self) -> str:
        return "; ".join(f"{name}: {checker.rules}" for name, checker in self.graders.items())

    def check(self, row: Row, response: str) -> Verdict:
        return self.graders[row["grader"]].check(row["row"], response)

    def deadline(self, row: Row) -> float:
        return self.graders[row["grader"]].deadline(row["row"])


def ready(graders: Mapping[str, Checker]) -> GraderChecker:
    """The graders after their own preparation on this machine.

    Raises:
        UserError: a grader cannot work here.
    """
    return GraderChecker({name: checker.settled(checker.prepare()) for name, checker in graders.items()})
