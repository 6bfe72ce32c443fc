"""The pipeline: rows -> prompts -> engine -> journal -> checkers -> journal -> result file.

All stages stream. A completion is written to the journal first, and is on disk
before it is checked; checks run while the engine generates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from util.checks.protocol import Checks
from util.engines import attach
from util.engines.base import Completion, Engine, Paid, Request, Sampling, sample_seed
from util.records import Message, Response, Row, SampleId, Verdict
from util.results.entries import Fields
from util.results.json_file import read_results
from util.results.judged_by import JudgedBy, judged_by, row_hash
from util.results.store import ResultStore
from util.results.write_queue import NotWrittenError
from util.run.budget_forcing import within_budget
from util.run.folder_cost import count_folder
from util.run.from_text import cut_thoughts, tokenize_truncated
from util.run.full_disk import until_full, writing
from util.run.interrupt import completions
from util.run.keeping import connect, more_of
from util.run.progress import Progress
from util.run.rows import RowIndex
from util.run.summary import RunSummary

MAX_BACKLOG = 2048
"""Maximum completions that wait for a verdict; at this number generation pauses."""

TRUNCATED = Verdict(False, "truncated: the response did not end within its token limit")
REPEATING = Verdict(False, "truncated: the response repeated itself, and the engine cut it")


@dataclass(frozen=True)
class Work:
    """The work on one dataset.

    prompt: returns the user message of a row. start: the messages before it. from_text: whether truncated responses without
    known tokens go on from their text. cut_from: a finished result file whose thoughts are cut at the thinking budget.
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

    def samples(self, key: str) -> Iterator[tuple[SampleId, Sampling]]:
        """Every sample of one row with its sampling parameters."""
        for temperature in self.temperatures:
            for index in range(self.n):
                sample = SampleId(key, temperature, index)
                seeded = temperature > 0 and not self.fixed_sampling
                seed = sample_seed(self.seed, sample) if seeded else None
                yield sample, changed(self.sampling, temperature=temperature, seed=seed)

    def messages(self, row: Row) -> list[Message]:
        return [*self.start, Message("user", self.prompt(row))]

    def requests_of(self, rows: Iterable[tuple[str, Row]]) -> Iterator[Request]:
        """The requests of all samples of ``rows``, whether or not they are finished."""
        for key, row in rows:
            messages = self.messages(row)
            for sample, how in self.samples(key):
                yield Request(sample, messages, how)


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
    sent = until_full(map(connect(running, store).up_to_date, requests), store)
    async with writing(store), aclosing(completions(running, sent)) as stream:
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
    """Generate every missing sample of ``work``; with ``checks``, judge all samples. rules: of the checker."""
    summary = RunSummary()
    judge = _Judge(store, checks, progress, summary) if checks is not None else None
    open_rows: dict[str, _OpenRow] = {}  # rows of the requests that the engine has
    running = _attached(engine, store, progress)
    kept = connect(running, store)
    if work.from_text:
        await tokenize_truncated(running, store, kept, _unfinished(work, store))
    if work.cut_from is not None:
        await cut_thoughts(running, store, kept, _missing(work, store), work.cut_from)

    def requests() -> Iterator[Request]:
        for number, key in enumerate(work.rows):
            missing = [(sample, how) for sample, how in work.samples(key) if not store.finished(sample)]
            if missing:
                open_rows[key] = _OpenRow(number, len(missing))
                messages = work.messages(work.rows.row(number))
                yield from (kept.up_to_date(Request(sample, messages, how)) for sample, how in missing)

    async with writing(store), asyncio.TaskGroup() as group:
        if judge is not None:
            group.create_task(_judge_earlier(work, judge, rules, group, store.position))
        sent = until_full(requests(), store)
        budgeted = work.sampling.thinking_budget is not None
        made = within_budget(running, sent, kept, store.spending) if budgeted else completions(running, sent)
        async with aclosing(made) as stream:
            async for completion in stream:
                number, response = _journaled(completion, store, open_rows)
                _count(summary, progress, completion)
                # On a full disk what arrives is only written: the run fails, and a rerun judges it.
                if judge is not None and not response.failed and not store.full:
                    by = work.rows.judged_by(number, rules)
                    await judge.submit(group, completion.sample, response, _row_of(work, number), by)
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


@dataclass
class _OpenRow:
    """A row with samples that the engine has not returned yet."""

    number: int
    missing: int


def _journaled(completion: Completion, store: ResultStore, open_rows: dict[str, _OpenRow]) -> tuple[int, Response]:
    """Write a completion to the journal; return the number of its row, and the response as it is stored."""
    response = store.add(completion.sample, completion.response, **more_of(completion))
    row = open_rows[completion.sample.key]
    row.missing -= 1
    if not row.missing:
        del open_rows[completion.sample.key]
    return row.number, response


def _row_of(work: Work, number: int) -> Callable[[], Row]:
    return lambda: work.rows.row(number)


def _count(summary: RunSummary, progress: Progress, completion: Completion) -> None:
    progress.generated(summary.count(completion))


def _attached(engine: Engine, store: ResultStore, progress: Progress) -> Engine:
    """The engine, connected to its notes in the journal; its spending is shown in the progress bar."""
    if isinstance(engine, Paid):
        progress.spending = engine.budget.projection
        count_folder(engine, store.path.parent)
    attach(engine, store.notes, store.note, store.path.name, store.spending)
    return engine


async def check_file(store: ResultStore, checks: Checks, progress: Progress, rules: str, *, again: bool) -> RunSummary:
    """Judge every response of an existing result file. again: also those that have a verdict."""
    summary = RunSummary()
    judge = _Judge(store, checks, progress, summary)
    async with writing(store), asyncio.TaskGroup() as group:
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


class _Judge:
    """Judges responses: from the journal to a checker, and the verdict back to the journal."""

    def __init__(self, store: ResultStore, checks: Checks, progress: Progress, summary: RunSummary) -> None:
        self.store = store
        self.progress = progress
        self._checks = checks
        self._summary = summary
        self._room = asyncio.Semaphore(MAX_BACKLOG)

    async def submit(
        self, group: asyncio.TaskGroup, sample: SampleId, response: Response, row: Callable[[], Row], by: JudgedBy
    ) -> None:
        """Start the check of a response; wait first if too many are pending. row: returns its row."""
        await self._room.acquire()
        group.create_task(self._judge(sample, response, row, by))

    async def _judge(self, sample: SampleId, response: Response, row: Callable[[], Row], by: JudgedBy) -> None:
        try:
            await self.store.sync()
            text = response.judged_text
            cut = REPEATING if response.repeats else TRUNCATED
            verdict = cut if response.truncated else await self._checks.check(row(), text)
            self.store.add_verdict(sample, text, verdict, by)
            self._summary.judged += 1
            self.progress.judged(verdict.correct)
        except NotWrittenError:
            return  # ``settle`` raises it at the end of the run; a rerun judges the response
        finally:
            self._room.release()


async def _judge_earlier(work: Work, judge: _Judge, rules: str, group: asyncio.TaskGroup, before: int) -> None:
    """Judge completions of earlier runs that have no verdict, or one without a result (``correct`` is None)."""
    for number, key in enumerate(work.rows):
        if judge.store.full:
            return
        by = work.rows.judged_by(number, rules)
        for sample, _ in work.samples(key):
            response = judge.store.response(sample, before=before)
            if response is None or response.failed:
                continue
            known = judge.store.verdict(sample, response.judged_text, by)
            if known is None or known.correct is None:
                await judge.submit(group, sample, response, _row_of(work, number), by)
            else:
                judge.progress.judged(known.correct, earlier=True)
        await asyncio.sleep(0)


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
