"""The pipeline: rows -> prompts -> engine -> journal -> checkers -> journal -> result file.

All stages stream. A completion is written to the journal first, and is on disk
before it is checked; checks run while the engine generates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any

from msgspec.structs import replace as changed

from util.checks.protocol import Checks
from util.engines import attach
from util.engines.base import Completion, Engine, Paid, Request, Sampling
from util.records import SampleId
from util.results.entries import Fields
from util.results.json_file import read_results
from util.results.judged_by import judged_by, row_hash
from util.results.store import ResultStore
from util.run.budget_forcing import within_budget
from util.run.folder_cost import count_folder
from util.run.from_text import cut_thoughts, tokenize_truncated
from util.run.full_disk import until_full, writing
from util.run.interrupt import completions
from util.run.judging import ResponseJudge, judge_earlier
from util.run.keeping import connect, more_of
from util.run.precision_rounds import PrecisionRounds
from util.run.progress import Progress
from util.run.rounds import SampleRounds
from util.run.sample_source import AllSamples, SampleSource
from util.run.summary import RunSummary
from util.run.work import Work


async def generate_only(
    requests: Iterable[Request],
    store: ResultStore,
    engine: Engine,
    progress: Progress,
    fields: Callable[[SampleId], Fields] = lambda sample: {},
    *,
    second: bool = False,
) -> RunSummary:
    """Send ``requests`` and write every completion to the journal, without checks.

    fields: returns extra fields to store with a sample. second: the requests are second attempts; if one fails,
    the first response is kept. If it failed permanently, the first response is marked as a second attempt.
    """
    summary = RunSummary()
    running = _attached(engine, store, progress)
    sent = progress.taking(until_full(map(connect(running, store).up_to_date, requests), store))
    async with writing(store), progress.live(), aclosing(completions(running, sent)) as stream:
        async for completion in stream:
            sample, response = completion.sample, completion.response
            extra = fields(sample)
            if second and response.failed:
                first = store.response(sample) if response.final else None
                if first is not None:
                    store.add(sample, changed(first, extra=first.extra | extra))
            else:
                store.add(sample, changed(response, extra=response.extra | extra), **more_of(completion))
            _count(summary, progress, completion)
    await store.settle()
    return summary


async def generate(
    work: Work, store: ResultStore, engine: Engine, checks: Checks | None, rules: str, progress: Progress
) -> RunSummary:
    """Generate every missing sample of ``work``; with ``checks``, judge all samples. rules: of the checker.

    With ``work.decisions`` samples are generated until each problem is decided, with ``work.precision`` until their accuracy is
    precise enough; both need ``checks``.
    """
    summary = RunSummary()
    judge = ResponseJudge(store, checks, progress, summary) if checks is not None else None
    samples: SampleSource = AllSamples(work, store)
    if work.decisions is not None:
        samples = SampleRounds(work, work.decisions, store, rules, progress)
    if work.precision is not None:
        samples = PrecisionRounds(work, work.precision, store, rules, progress)
    running = _attached(engine, store, progress)
    kept = connect(running, store)
    if work.from_text:
        await tokenize_truncated(running, store, kept, _unfinished(work, store))
    if work.cut_from is not None:
        await cut_thoughts(running, store, kept, _missing(work, store), work.cut_from)
    async with writing(store), progress.live(), asyncio.TaskGroup() as group:
        if judge is not None:
            earlier = group.create_task(judge_earlier(work, judge, rules, group, store.position))
            if work.in_rounds:
                await earlier
                await judge.idle()
                judge.told = samples.judged
        more = True
        while more:
            sent = progress.taking(until_full(map(kept.up_to_date, samples.requests()), store))
            budgeted = work.sampling.thinking_budget is not None
            made = within_budget(running, sent, kept, store.spending) if budgeted else completions(running, sent)
            async with aclosing(made) as stream:
                async for completion in stream:
                    response = store.add(completion.sample, completion.response, **more_of(completion))
                    number = samples.answered(completion.sample, response)
                    _count(summary, progress, completion)
                    # On a full disk what arrives is only written: the run fails, and a rerun judges it.
                    if judge is not None and not response.failed and not store.full:
                        by = work.rows.judged_by(number, rules)
                        await judge.submit(group, completion.sample, response, partial(work.rows.row, number), by)
            if judge is not None and work.in_rounds:
                await judge.idle()
            more = samples.waiting and not store.full
    await store.settle()
    return summary


def _unfinished(work: Work, store: ResultStore) -> Iterator[Request]:
    """The requests of samples that have a response, and need another."""
    for number, key in enumerate(work.rows):
        for sample, how in work.samples(key):
            if not store.finished(sample) and store.response(sample) is not None:
                yield Request(sample, work.messages(work.rows.row(number)), how)


def _missing(work: Work, store: ResultStore) -> dict[SampleId, Callable[[], Request]]:
    """The samples without a response, and how to make their requests."""

    def request(number: int, sample: SampleId, how: Sampling) -> Request:
        return Request(sample, work.messages(work.rows.row(number)), how)

    return {
        sample: partial(request, number, sample, how)
        for number, key in enumerate(work.rows)
        for sample, how in work.samples(key)
        if not store.finished(sample)
    }


def _count(summary: RunSummary, progress: Progress, completion: Completion) -> None:
    response = completion.response
    progress.generated(summary.count(completion), truncated=response.truncated, failed=response.failed)


def _attached(engine: Engine, store: ResultStore, progress: Progress) -> Engine:
    """The engine, connected to its notes in the journal; the display of progress watches it."""
    progress.watch(engine)
    if isinstance(engine, Paid):
        count_folder(engine, store.path.parent)
    attach(engine, store.notes, store.note, store.path.name, store.spending)
    return engine


async def check_file(store: ResultStore, checks: Checks, progress: Progress, rules: str, *, again: bool) -> RunSummary:
    """Judge every response of an existing result file. again: also those that have a verdict."""
    summary = RunSummary()
    judge = ResponseJudge(store, checks, progress, summary)
    async with writing(store), progress.live(), asyncio.TaskGroup() as group:
        for entry in read_results(store.path):
            if store.full:
                break
            row = entry.row
            by = judged_by(row_hash(row), rules, lambda row=row: row)  # type: ignore[misc]
            for sample, response in entry.samples():
                known = store.verdict(sample, response.judged_text, by)
                if (again or known is None or known.correct is None) and not response.failed:
                    await judge.submit(group, sample, response, lambda row=row: row, by)  # type: ignore[misc]
                elif known is not None:
                    progress.judged(known.correct)
    await store.settle()
    return summary


def run_async(main: Coroutine[Any, Any, RunSummary]) -> RunSummary:
    """Run the pipeline; raise the underlying exception of a failure, not the exception group."""
    try:
        return asyncio.run(main)
    except asyncio.CancelledError:  # after the second Ctrl-C
        raise KeyboardInterrupt from None
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from group
