"""What is recorded of each row while it is written: its lengths for the card, its line of the passport."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from util.records import Message
from util.text.thought import sections, split_at_think_tag
from util.training.data_report import DataReport
from util.training.filters import token_counter
from util.training.gather import Sample, TrainingPool, TrainingProblem
from util.training.generations import Generation, generation_of
from util.training.lengths import Lengths
from util.training.options import DataOptions
from util.training.passport import PassportWriter


class Publication:
    """Records the written rows. ``with`` ends it: after an exception no passport stays."""

    def __init__(self, pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
        self._pool, self._report = pool, report
        self._measured = options.measured
        self._generations: dict[str, Generation] = {}
        self._passport: PassportWriter | None = None
        if self._measured or options.passport is not None:
            self._generations = {str(path): generation_of(path, options.datasets) for path in options.files}
        if self._measured:
            report.lengths, report.generations = _lengths(options), list(self._generations.values())
        if options.passport is not None:
            self._passport = PassportWriter(options.passport, self._generations)

    def __enter__(self) -> Publication:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._passport is not None:
            try:
                if kind is None:
                    self._passport.finish()
            finally:
                self._passport.close()

    def take(
        self, number: int, problem: TrainingProblem, sample: Sample, rejected: Sample | None, row: dict[str, Any]
    ) -> dict[str, Any]:
        """Record a row, numbered from 1; returns the row."""
        if self._measured:
            self._measure(sample)
        if self._passport is not None:
            other = self._pool.origin(rejected) if rejected is not None else None
            self._passport.take(number, row, problem.source, self._pool.origin(sample), other)
        return row

    def _measure(self, sample: Sample) -> None:
        messages, origin = self._pool.messages(sample), self._pool.origin(sample)
        self._report.rows_of[origin.file] += 1
        if self._report.lengths is not None:
            thought, answer = parts_of(messages)
            self._report.lengths.add(thought, answer, "\n".join(turn.content for turn in messages))


def _lengths(options: DataOptions) -> Lengths:
    """In the student's tokens, where its tokenizer is known."""
    return Lengths(token_counter(options.tokenizer).counts, "tokens") if options.tokenizer is not None else Lengths()


def parts_of(messages: list[Message]) -> tuple[str | None, str | None]:
    """(thought, answer) of the last response; None for a part that it lacks."""
    text = messages[-1].content
    found = sections(text) or split_at_think_tag(text)
    if found is None:
        return None, text
    thought, answer = (part.strip() for part in found)
    return thought or None, answer or None
