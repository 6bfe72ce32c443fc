"""Build one training file from result files, and count the responses that reach each stage."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message
from util.results.file_lock import FileLock
from util.training import filter_stage
from util.training.data_report import DataReport
from util.training.extra import add_extra
from util.training.form_options import MARKED
from util.training.formats import Row, row_of
from util.training.gather import Sample, TrainingPool, TrainingProblem
from util.training.options import DataOptions
from util.training.output_files import check_outputs, write_rows
from util.training.publication import Publication
from util.training.rejected import rejected_file
from util.training.rl_rows import rl_row
from util.training.select_responses import chosen, pairs
from util.training.select_sources import Item, Mix, limited, mixed, read_mix
from util.training.stages import STAGES
from util.training.trainer_entries import write_entries


def build(options: DataOptions) -> DataReport:
    """Write the training file and its dataset_info.json entry, except in a dry run or if there are no rows.

    Raises:
        UserError: an input is malformed or the output cannot be written; an existing output is kept. Another process
            writes the same output.
    """
    if not options.has_responses and options.truth_of is None:
        raise ValueError(f"{options.form} needs truth_of")
    if not options.dry_run:
        check_outputs(options)
    lock = FileLock(options.output) if not options.dry_run else None
    try:
        return _built(options)
    finally:
        if lock is not None:
            lock.release()


def _built(options: DataOptions) -> DataReport:
    if options.questions is not None:  # read first: an unreachable Hub is known before the files are read
        questions = list(options.questions())
        options = replace(options, questions=lambda: questions)
    filter_stage.prepare(options)
    mix = read_mix(options.mix) if options.mix is not None else None
    with (
        rejected_file(options.rejected if not options.dry_run else None) as rejections,
        TrainingPool(
            options.output.parent,
            options.thought_form,
            keep_wrong=options.pairs_responses,
            truth_of=options.truth_of if not options.has_responses else None,
            accept_judged=options.accept_judged,
            rejections=rejections,
            rated=options.pass_rate is not None,
        ) as candidates,
    ):
        for path in options.files:
            candidates.add_file(path, options.datasets)
        for path in options.extra:
            add_extra(candidates, path, options.domains)
        report = DataReport(
            candidates.funnel,
            candidates.not_judged,
            left_out=candidates.left_out,
            dropped=candidates.dropped,
            notations=candidates.notations,
            only_judged=candidates.only_judged,
        )
        for stage in STAGES:
            stage(candidates, options, report)
        items = _selected(candidates, options, mix, report)
        if options.shuffle:
            random.Random(options.seed).shuffle(items)
        for problem, _, _ in items:
            candidates.count(problem.source, "written")
        report.written = len(items)
        if items and not options.dry_run:
            with Publication(candidates, options, report) as publication:
                rows = (
                    publication.take(number, *item, _rendered(candidates, item, options, number))
                    for number, item in enumerate(items, 1)
                )
                write_rows(options, rows)
            write_entries(options)
        return report


def _selected(candidates: TrainingPool, options: DataOptions, mix: Mix | None, report: DataReport) -> list[Item]:
    found = [(name, list(_items(candidates, problem, options))) for name, problem in candidates.problems.items()]
    found = limited(found, options.per_source)
    if mix is None:
        return [item for _, items in found for item in items]
    items, report.mix = mixed(found, mix)
    return items


def _items(candidates: TrainingPool, problem: TrainingProblem, options: DataOptions) -> Iterator[Item]:
    if options.pairs_responses:
        for best, other in pairs(problem, options.pair_with)[: options.max_per_problem]:
            yield problem, best, other
        return

    def text_of(sample: Sample) -> str:
        return candidates.messages(sample)[-1].content

    for sample in chosen(problem, options.select, options.max_per_problem, text_of):
        yield problem, sample, None


def _rendered(candidates: TrainingPool, item: Item, options: DataOptions, number: int) -> Row:
    """The row of an item; number: from 1."""
    _, sample, rejected = item
    if not options.has_responses:
        messages = candidates.messages(sample)
        if options.thought_style == MARKED:
            messages = [Message("system", THOUGHT_SOLUTION_SYSTEM), *messages]
        return rl_row(options.form, candidates.prompt(sample), messages, number - 1, options.data_source)
    return row_of(options.form, candidates.turns(sample), candidates.turns(rejected) if rejected is not None else None)
