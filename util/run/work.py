"""The work on one dataset: its rows, prompts and samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace as changed

from util.engines.base import Request, Sampling, sample_seed
from util.metrics.band_rule import DecisionPlan
from util.metrics.precision import PrecisionPlan
from util.records import Message, Row, SampleId
from util.run.few_shot import Examples
from util.run.rows import RowIndex


@dataclass(frozen=True)
class Work:
    """The work on one dataset.

    prompt: returns the user message of a row. start: the messages before it. from_text: whether truncated responses without
    known tokens go on from their text. cut_from: a finished result file whose thoughts are cut at the thinking budget.
    decisions: when a problem has enough samples, precision: when all have; without them, all n of each are made. examples: solved
    problems before each question.
    """

    rows: RowIndex
    prompt: Callable[[Row], str]
    start: list[Message]
    temperatures: list[float]
    n: int
    sampling: Sampling
    seed: int
    fixed_sampling: bool = False
    from_text: bool = False
    cut_from: Path | None = None
    decisions: DecisionPlan | None = None
    precision: PrecisionPlan | None = None
    examples: Examples | None = None

    @property
    def in_rounds(self) -> bool:
        """Whether samples depend on the verdicts on earlier ones; then ``n`` is the most that a problem gets."""
        return self.decisions is not None or self.precision is not None

    def samples(self, key: str) -> Iterator[tuple[SampleId, Sampling]]:
        """Every sample of one row with its sampling parameters."""
        for temperature in self.temperatures:
            for index in range(self.n):
                sample = SampleId(key, temperature, index)
                yield sample, self.sampling_of(sample)

    def sampling_of(self, sample: SampleId) -> Sampling:
        seeded = sample.temperature > 0 and not self.fixed_sampling
        seed = sample_seed(self.seed, sample) if seeded else None
        return changed(self.sampling, temperature=sample.temperature, seed=seed)

    def messages(self, row: Row) -> list[Message]:
        examples = self.examples.before(row) if self.examples is not None else ()
        return [*self.start, *examples, Message("user", self.prompt(row))]

    def requests_of(self, rows: Iterable[tuple[str, Row]]) -> Iterator[Request]:
        """The requests of all samples of ``rows``, whether or not they are finished."""
        for key, row in rows:
            messages = self.messages(row)
            for sample, how in self.samples(key):
                yield Request(sample, messages, how)
