"""What is recorded of each row while it is written: its lengths for the card, its line of the passport."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from util.training.data_report import DataReport
from util.training.filter_stage import token_counter
from util.training.gather import Sample, TrainingPool, TrainingProblem
from util.training.generations import Generation, generation_of, short_name
from util.training.lengths import Lengths
from util.training.options import DataOptions
from util.training.passport import PassportWriter
from util.training.published_rows import published_row
from util.training.thought_forms import parts_of


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
        if not self._measured and self._passport is None:
            return row
        read, origin = published_row(number, row, f"row {number}"), self._pool.origin(sample)
        if self._report.lengths is not None:
            self._report.rows_of[origin.file] += 1
            parts = parts_of(read.text or "")
            thought, answer = (parts.thought, parts.answer) if parts is not None else (None, read.text)
            whole = "\n".join(filter(None, (read.system, read.question, read.text)))
            self._report.lengths.add(thought, answer, whole)
        if self._passport is not None:
            other = self._pool.origin(rejected) if rejected is not None else None
            self._passport.take(read, problem.source, origin, other)
        return row


def _lengths(options: DataOptions) -> Lengths:
    """In the student's tokens, where its tokenizer is known."""
    return (
        Lengths(token_counter(options.tokenizer).counts, f"tokens of {short_name(options.tokenizer)}")
        if options.tokenizer is not None
        else Lengths()
    )
