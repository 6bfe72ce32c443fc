"""Judge responses to the problems of several datasets with one pool of checker processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from util.checks.protocol import Checks
from util.checks.window import in_order
from util.records import Row, Verdict
from util.system.errors import UserError
from util.task import Checker, CheckOptions, TaskHandler

_DATASET, _ROW = "dataset", "row"


@dataclass(frozen=True)
class CheckersByDataset(Checker):
    """One checker per dataset. Its rows are those of ``row_for``."""

    checkers: dict[str, Checker]

    @property
    def rules(self) -> str:
        return "; ".join(sorted({checker.rules for checker in self.checkers.values()}))

    def check_known(self, dataset: str) -> None:
        """Raises: UserError: a dataset has no checker."""
        if dataset not in self.checkers:
            raise UserError(
                f"The dataset {dataset!r} is unknown, so that its rows cannot be judged. Give its handler with --task-file, "
                "or compare --texts-only."
            )

    def check(self, row: Row, response: str) -> Verdict:
        return self.checkers[row[_DATASET]].check(row[_ROW], response)

    def deadline(self, row: Row) -> float:
        return self.checkers[row[_DATASET]].deadline(row[_ROW])


@dataclass(frozen=True)
class JudgingJob:
    """One response to judge. name: of what the caller knows about it. text: as published. row: of the dataset."""

    name: Any
    dataset: str
    row: Row
    text: str


def row_for(job: JudgingJob) -> Row:
    """The row of a job as ``CheckersByDataset`` takes it."""
    return {_DATASET: job.dataset, _ROW: job.row}


def checkers_for(
    datasets: Sequence[str], handlers: Mapping[str, type[TaskHandler]], options: CheckOptions
) -> CheckersByDataset:
    """Checkers of the known datasets that are ready to judge here: programs only where the sandbox passes its self-test.

    Raises:
        UserError: checks cannot run here.
    """
    found: dict[str, Checker] = {}
    prepared: dict[str, dict[str, Any]] = {}
    for name in datasets:
        if name not in handlers:
            continue  # no row may need it
        checker = handlers[name]().checker(options)
        if checker.rules not in prepared:  # the self-test of the sandbox runs once
            prepared[checker.rules] = checker.prepare()
        found[name] = checker.settled(prepared[checker.rules])
    return CheckersByDataset(found)


async def judged(jobs: Iterator[JudgingJob], checks: Checks, most: int) -> AsyncIterator[tuple[JudgingJob, Verdict]]:
    """Each job with its verdict, in order. most: jobs that are read ahead; their rows and texts are in memory."""
    async for job, verdict in in_order(jobs, lambda each: checks.check(row_for(each), each.text), most):
        yield job, verdict
