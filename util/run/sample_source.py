"""Which samples a run asks its engine for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from util.engines.base import Request
from util.records import Response, SampleId
from util.results.store import ResultStore
from util.run.work import Work


class SampleSource(Protocol):
    """The requests of a run, which may depend on what became of earlier ones."""

    @property
    def waiting(self) -> bool:
        """Whether there are requests that ``requests`` has not given out."""

    def requests(self) -> Iterator[Request]:
        """The requests that can be sent now; it ends where further ones depend on responses or verdicts."""

    def answered(self, sample: SampleId, response: Response) -> int:
        """Take in the response of a request, which is in the journal; return the number of its row."""

    def judged(self, sample: SampleId, correct: bool | None) -> None:
        """Take in the verdict on a response."""


@dataclass(slots=True)
class _OpenRow:
    """A row with samples that the engine has not returned yet."""

    number: int
    missing: int


class AllSamples:
    """Every sample of the work that is not finished."""

    waiting = False

    def __init__(self, work: Work, store: ResultStore) -> None:
        self._work, self._store = work, store
        self._open: dict[str, _OpenRow] = {}  # rows of the requests that the engine has

    def requests(self) -> Iterator[Request]:
        for number, key in enumerate(self._work.rows):
            missing = [(sample, how) for sample, how in self._work.samples(key) if not self._store.finished(sample)]
            if missing:
                self._open[key] = _OpenRow(number, len(missing))
                messages = self._work.messages(self._work.rows.row(number))
                yield from (Request(sample, messages, how) for sample, how in missing)

    def answered(self, sample: SampleId, response: Response) -> int:
        row = self._open[sample.key]
        row.missing -= 1
        if not row.missing:
            del self._open[sample.key]
        return row.number

    def judged(self, sample: SampleId, correct: bool | None) -> None:
        """Nothing depends on it."""
