"""Samples in rounds, until each problem's pass rate is inside or outside of a band; see ``util/metrics/band_rule.py``.

A decision depends on nothing but the verdicts of a problem's first samples in the order of their numbers, each of which has
its own seed. So a rerun finds in the journal what an uninterrupted run would have decided, whatever the order in which
responses arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from util.engines.base import Request
from util.metrics.band_rule import DecisionPlan
from util.records import Response, SampleId
from util.results.entries import judged
from util.results.store import ResultStore
from util.run.progress import Progress
from util.run.work import Work

Verdicts = Callable[[int], bool | None]
"""Sample number -> the verdict on a sample that is finished; None where it could not be judged."""


@dataclass(slots=True)
class ProblemRounds:
    """A problem after whole rounds: the counts of its ``drawn`` first samples. decided: None where it is not.

    missing: numbers of the samples that the round behind them lacks.
    """

    right: int = 0
    judged: int = 0
    drawn: int = 0
    decided: bool | None = None
    missing: list[int] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        return self.drawn - self.judged

    @property
    def is_open(self) -> bool:
        """Whether it needs samples; one whose samples are all made may be undecided all the same."""
        return bool(self.missing)

    def count(self, correct: bool | None) -> None:
        self.right += correct is True
        self.judged += correct is not None
        self.drawn += 1


def replay(plan: DecisionPlan, finished: Callable[[int], bool], verdict: Verdicts) -> ProblemRounds:
    """Go through the rounds of a problem as far as it has finished samples."""
    found = ProblemRounds()
    for mark in plan.looks:
        found.missing = [number for number in range(found.drawn, mark) if not finished(number)]
        if found.missing:
            return found
        for number in range(found.drawn, mark):
            found.count(verdict(number))
        found.decided = plan.decide(found.right, found.judged, found.unknown)
        if found.decided is not None:
            return found
    return found


class JournalRounds:
    """The rounds of problems as a journal has them. rules: of the checker whose verdicts count."""

    def __init__(self, work: Work, plan: DecisionPlan, store: ResultStore, rules: str) -> None:
        self._work, self._plan, self._store, self._rules = work, plan, store, rules
        (self.temperature,) = work.temperatures

    def sample(self, key: str, number: int) -> SampleId:
        return SampleId(key, self.temperature, number)

    def of(self, row: int, key: str) -> ProblemRounds:
        by = self._work.rows.judged_by(row, self._rules)

        def verdict(number: int) -> bool | None:
            response = self._store.response(self.sample(key, number))
            if response is None or response.failed:
                return None
            found = self._store.verdict(self.sample(key, number), response.judged_text, by)
            return found.correct if found is not None else None

        return replay(self._plan, lambda number: self._store.finished(self.sample(key, number)), verdict)

    def unjudged(self, row: int, key: str, state: ProblemRounds) -> bool:
        """Whether a response of its rounds is judged again before a run samples: it has no verdict by these rules, or one
        without a result that its row is not the cause of."""
        by = self._work.rows.judged_by(row, self._rules)
        for number in range(state.drawn):
            response = self._store.response(self.sample(key, number))
            if response is None or response.failed:
                continue
            found = self._store.verdict(self.sample(key, number), response.judged_text, by)
            if found is None or (found.correct is None and not judged(response, found).unjudgeable):
                return True
        return False

    def any_open(self) -> bool:
        """Whether a problem needs samples, or may need them once its responses are judged."""
        for row, key in enumerate(self._work.rows):
            state = self.of(row, key)
            if state.is_open or self.unjudged(row, key, state):
                return True
        return False


@dataclass(slots=True)
class _OpenProblem:
    """A problem with a round in flight. awaited: numbers of the samples without a verdict, and without a failure.

    failed: whether one failed that a rerun tries again, so that this run asks for no more.
    """

    row: int
    awaited: set[int]
    failed: bool = False


class SampleRounds:
    """The next round of every problem that is not decided: a problem's verdicts come before its next round."""

    def __init__(self, work: Work, plan: DecisionPlan, store: ResultStore, rules: str, progress: Progress) -> None:
        self._work, self._plan, self._store, self._progress = work, plan, store, progress
        self._journal = JournalRounds(work, plan, store, rules)
        self._fresh = enumerate(work.rows)
        self._ready: deque[tuple[int, str, list[int]]] = deque()
        self._open: dict[str, _OpenProblem] = {}

    @property
    def waiting(self) -> bool:
        return bool(self._ready)

    def requests(self) -> Iterator[Request]:
        """Rounds of problems that are begun come before fresh problems."""
        while True:
            while not self._ready:
                row, key = next(self._fresh, (-1, ""))
                if row < 0:
                    return
                self._go_on(row, key)
            row, key, missing = self._ready.popleft()
            messages = self._work.messages(self._work.rows.row(row))
            self._open[key] = _OpenProblem(row, set(missing))
            for number in missing:
                sample = self._journal.sample(key, number)
                yield Request(sample, messages, self._work.sampling_of(sample))

    def answered(self, sample: SampleId, response: Response) -> int:
        problem = self._open[sample.key]
        if response.failed:
            problem.failed = problem.failed or not response.final
            self._known(sample, problem)
        return problem.row

    def judged(self, sample: SampleId, correct: bool | None) -> None:
        self._known(sample, self._open[sample.key])

    def _known(self, sample: SampleId, problem: _OpenProblem) -> None:
        problem.awaited.discard(sample.index)
        if not problem.awaited:
            del self._open[sample.key]
            if not problem.failed:
                self._go_on(problem.row, sample.key)

    def _go_on(self, row: int, key: str) -> None:
        """Put the problem's next round in the queue, if it has one."""
        state = self._journal.of(row, key)
        if state.is_open:
            self._ready.append((row, key, state.missing))
        else:
            left = range(state.drawn, self._plan.n_max)
            self._progress.spared(sum(not self._store.finished(self._journal.sample(key, n)) for n in left))
