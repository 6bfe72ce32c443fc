"""The stages between collecting and writing, in order. Each drops what it must and counts what is left."""

from __future__ import annotations

from collections.abc import Callable

from util.training.contamination_stage import drop_contaminated
from util.training.data_report import DataReport
from util.training.duplicates import drop_near_duplicates
from util.training.gather import TrainingPool
from util.training.options import DataOptions

Stage = Callable[[TrainingPool, DataOptions, DataReport], None]


def deduplicate(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.near_duplicates is not None:
        report.near_duplicates = drop_near_duplicates(pool, options.near_duplicates)
    pool.count_left("deduplicated")


def decontaminate(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.questions is not None:
        report.contamination = drop_contaminated(pool, options, options.output.parent, dry_run=options.dry_run)
        report.benchmarks, report.contaminated = report.contamination.benchmarks, report.contamination.dropped
    pool.count_left("decontaminated")


STAGES: tuple[Stage, ...] = (deduplicate, decontaminate)
