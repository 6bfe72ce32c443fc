"""The stages between collecting and writing, in order. Each drops what it must and counts what is left."""

from __future__ import annotations

from collections.abc import Callable

from util.metrics.pass_rates import place_of
from util.training.contamination_stage import drop_contaminated
from util.training.data_report import DataReport
from util.training.duplicates import drop_near_duplicates
from util.training.filter_stage import apply_filters
from util.training.gather import TrainingPool
from util.training.options import DataOptions

Stage = Callable[[TrainingPool, DataOptions, DataReport], None]


def keep_band(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.pass_rate is None or pool.rates is None:
        return
    report.rates = pool.rates.places(options.pass_rate)
    for identity in list(pool.problems):
        rate = pool.rates.of(identity)
        place = place_of(rate, options.pass_rate)
        if place != f"in {options.pass_rate}":
            reason = "its problem is not judged" if not rate.judged else f"the pass rate of its problem is {place}"
            pool.drop(identity, "pass-rate", reason, f"{rate.right} of {rate.judged} right" if rate.judged else "")


def filter_responses(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.has_filters:
        apply_filters(pool, options)
        pool.count_left("filtered")


def deduplicate(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.near_duplicates is not None:
        report.near_duplicates = drop_near_duplicates(pool, options.near_duplicates)
    pool.count_left("deduplicated")


def decontaminate(pool: TrainingPool, options: DataOptions, report: DataReport) -> None:
    if options.questions is not None:
        report.contamination = drop_contaminated(pool, options, options.output.parent, dry_run=options.dry_run)
        report.benchmarks, report.contaminated = report.contamination.benchmarks, report.contamination.dropped
    pool.count_left("decontaminated")


STAGES: tuple[Stage, ...] = (keep_band, filter_responses, deduplicate, decontaminate)
