"""Samples in rounds that all problems have, until the interval of pass@1 is as narrow as ``--target-halfwidth`` asks.

Where a run is depends on nothing but the verdicts of each problem's first samples in the order of their numbers, at marks that
these verdicts determine. So a rerun finds in the journal what an uninterrupted run would have done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from util.engines.base import Request
from util.metrics.precision import PrecisionPlan, PrecisionTarget, RateMoments, moments_of
from util.records import Response, SampleId
from util.results.entries import judged
from util.results.store import ResultStore
from util.run.precision_words import forecast
from util.run.progress import Progress
from util.run.work import Work
from util.system.messages import tell

if TYPE_CHECKING:
    import numpy as np

REACHED, OUT_OF_REACH, AT_MOST = "reached", "out of reach", "n-max"
_MISSING, _NOT_RIGHT, _RIGHT = 0, 1, 2


@dataclass(frozen=True)
class PrecisionStage:
    """Where a run is. mark: samples that each problem has, or is to have next. missing: how many of these there are not.

    moments: at the last decision, None before the first. ended: why no more samples are wanted, "" if they are.
    """

    mark: int
    missing: int
    moments: RateMoments | None = None
    ended: str = ""


class VerdictTable:
    """Which samples of the problems are finished, and which of these are right: a byte each. Failed for good: not right."""

    def __init__(self, problems: int, most: int) -> None:
        import numpy as np

        self._cells: np.ndarray[Any, Any] = np.zeros((problems, most), dtype=np.uint8)

    def read(self, work: Work, store: ResultStore, rules: str) -> bool:
        """Take in what a journal has; return whether a response is to be judged (again) before that is final."""
        (temperature,) = work.temperatures
        unjudged = False
        for row, key in enumerate(work.rows):
            by = work.rows.judged_by(row, rules)
            for number in range(self._cells.shape[1]):
                sample = SampleId(key, temperature, number)
                if not store.finished(sample):
                    continue
                response = store.response(sample)
                if response is None or response.failed:
                    self.add(row, number, correct=False)
                    continue
                found = store.verdict(sample, response.judged_text, by)
                self.add(row, number, correct=found is not None and found.correct is True)
                unjudged |= found is None or (found.correct is None and not judged(response, found).unjudgeable)
        return unjudged

    def add(self, row: int, number: int, *, correct: bool) -> None:
        self._cells[row, number] = _RIGHT if correct else _NOT_RIGHT

    def missing(self, row: int, mark: int) -> list[int]:
        """The numbers of a problem's samples below ``mark`` that are not finished."""
        return [number for number in range(mark) if self._cells[row, number] == _MISSING]

    def stage(self, plan: PrecisionPlan) -> PrecisionStage:
        """Go through the rounds as far as all problems have finished samples."""
        target, mark, moments = plan.target, plan.first, None
        while True:
            cells = self._cells[:, :mark]
            if missing := int((cells == _MISSING).sum()):
                return PrecisionStage(mark, missing, moments)
            moments = moments_of((cells == _RIGHT).sum(1), mark)
            if ended := _ended(target, moments, mark):
                return PrecisionStage(mark, 0, moments, ended)
            mark = int(target.following(moments))

    def wanted(self, mark: int) -> int:
        """How many samples are not finished below ``mark``."""
        return int((self._cells[:, :mark] == _MISSING).sum())


def _ended(target: PrecisionTarget, moments: RateMoments, mark: int) -> str:
    if bool(target.reached(moments)):
        return REACHED
    if bool(target.hopeless(moments)):
        return OUT_OF_REACH
    return AT_MOST if mark >= target.n_max else ""


class PrecisionRounds:
    """The next round of all problems, once the verdicts of the last one are there."""

    def __init__(self, work: Work, plan: PrecisionPlan, store: ResultStore, rules: str, progress: Progress) -> None:
        self._work, self._plan, self._store, self._rules, self._progress = work, plan, store, rules, progress
        self._table = VerdictTable(len(work.rows), plan.most)
        self._rows: dict[str, int] = {}  # of the requests of this round
        self._sent = self._told = 0

    @property
    def waiting(self) -> bool:
        """Whether there is a further round: none after a round of which a sample has failed that a rerun tries again."""
        stage = self._look()
        return not stage.ended and stage.mark > self._sent

    def requests(self) -> Iterator[Request]:
        if not self._sent:
            self._table.read(self._work, self._store, self._rules)
        stage = self._look()
        self._sent = stage.mark
        (temperature,) = self._work.temperatures
        self._rows = {}
        for row, key in enumerate(self._work.rows if stage.missing else ()):
            missing = self._table.missing(row, stage.mark)
            if not missing:
                continue
            self._rows[key] = row
            messages = self._work.messages(self._work.rows.row(row))
            for sample in (SampleId(key, temperature, number) for number in missing):
                yield Request(sample, messages, self._work.sampling_of(sample))

    def answered(self, sample: SampleId, response: Response) -> int:
        row = self._rows[sample.key]
        if not response.failed or response.final:
            self._table.add(row, sample.index, correct=False)  # until it is judged
        return row

    def judged(self, sample: SampleId, correct: bool | None) -> None:
        self._table.add(self._rows[sample.key], sample.index, correct=correct is True)

    def _look(self) -> PrecisionStage:
        """Where the run is; tells it once for each decision."""
        stage = self._table.stage(self._plan)
        if stage.moments is not None and int(stage.moments.n) > self._told:
            self._told = int(stage.moments.n)
            following = "" if stage.ended else f"; next: {stage.mark} per problem"
            tell(f"target: {forecast(self._plan.target, stage.moments)}{following}")
            if stage.ended:
                self._progress.spared(self._table.wanted(self._plan.most))
        return stage
