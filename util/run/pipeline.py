"""The street: rows -> prompts -> engine -> journal -> checkers -> journal -> result file.

Everything streams. A completion is in the journal before anything else happens to
it, and on the disk before it is checked; checks run while the engine generates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from util.checks.pool import Checks
from util.engines.base import Completion, Engine, Message, Noting, Paid, Request, Sampling, sample_seed
from util.engines.openai.batch_files import noted_batches
from util.metrics import Tally
from util.records import Verdict
from util.results.json_file import Entry, row_of
from util.results.samples import Slot, judged_text, samples
from util.results.store import ResultStore
from util.run.interrupt import completions
from util.run.progress import Progress
from util.system.errors import UserError

MAX_BACKLOG = 2048
"""Completions that may wait for their verdict before generation is held back."""

TRUNCATED = Verdict(False, "truncated: the response did not end within its token limit")


@dataclass(frozen=True)
class Work:
    """What to do for one dataset.

    rows yields (key, row) and may be called any number of times; prompt gives the
    user's message of a row; start holds the messages before it.
    """

    rows: Callable[[], Iterator[tuple[str, Entry]]]
    prompt: Callable[[Entry], str]
    start: list[Message]
    temperatures: list[float]
    n: int
    sampling: Sampling
    seed: int
    fixed_sampling: bool = False
    judged_by: Callable[[Entry], str] = lambda row: ""
    """Names a row's content and the rules of its check: a verdict holds as long as both stay."""

    def slots(self, key: str) -> Iterator[tuple[Slot, Sampling]]:
        """Every sample of one row, with how it is sampled."""
        for temperature in self.temperatures:
            sampling = replace(self.sampling, temperature=temperature)
            for index in range(self.n):
                seeded = temperature > 0 and not self.fixed_sampling
                seed = sample_seed(self.seed, key, sampling.label, index) if seeded else None
                yield Slot(key, sampling.label, index), replace(sampling, seed=seed)

    def messages(self, row: Entry) -> list[Message]:
        return [*self.start, {"role": "user", "content": self.prompt(row)}]


@dataclass
class Outcome:
    """What a run did, and what the whole result file now holds.

    generated, generated_tokens (of completions) and judged count this run alone; tally counts every sample of the
    run's rows, those of earlier runs included.
    """

    generated: int = 0
    generated_tokens: int = 0
    judged: int = 0
    failed: int = 0
    retriable: int = 0
    failures: list[str] = field(default_factory=list)
    problems: int = 0
    tally: Tally = field(default_factory=Tally)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def count(self, completion: Completion) -> None:
        """Count one completion of this run; the first few different failures are kept to be shown."""
        if completion.finish_reason != "error":
            self.generated += 1
            self.generated_tokens += completion.usage.completion_tokens
            return
        self.failed += 1
        self.retriable += not completion.final
        if len(self.failures) < 3 and completion.error not in self.failures:
            self.failures.append(completion.error)


async def collect(
    requests: Iterable[Request],
    store: ResultStore,
    engine: Engine,
    progress: Progress,
    fields: Callable[[Slot], Entry] = lambda slot: {},
    *,
    second: bool = False,
) -> Outcome:
    """Make ``requests`` and journal every completion, without checks.

    fields: what to store beside its text. second: these are second tries; where one fails, the first
    answer stays, and if it failed for good it counts as the second, too.
    """
    outcome = Outcome()
    async with aclosing(completions(_attached(engine, store, progress), requests)) as stream:
        async for completion in stream:
            slot = Slot(completion.key, completion.temperature, completion.sample_index)
            extra = fields(slot)
            if second and completion.finish_reason == "error":
                if completion.final:
                    store.amend(slot, extra)
            else:
                store.add_completion(completion, **extra)
            outcome.count(completion)
            progress.generated(completion.usage.completion_tokens)
    await store.sync()
    return outcome


async def generate(work: Work, store: ResultStore, engine: Engine, pool: Checks | None, progress: Progress) -> Outcome:
    """Make every missing sample of ``work`` and, with a pool, judge all of them."""
    street = _Street(store, pool, progress)
    waiting: dict[str, _Open] = {}  # rows of requests that the engine has taken

    def requests() -> Iterator[Request]:
        for key, row in work.rows():
            missing = [(slot, how) for slot, how in work.slots(key) if not store.finished(slot)]
            if missing:
                waiting[key] = _Open(row, work.judged_by(row) if pool is not None else "", len(missing))
            for slot, how in missing:
                yield Request(key, work.messages(row), how, slot.sample_index)

    async with asyncio.TaskGroup() as group:
        if pool is not None:
            group.create_task(_judge_earlier(work, street, group, store.position))
        async with aclosing(completions(_attached(engine, store, progress), requests())) as stream:
            async for completion in stream:
                store.add_completion(completion)
                problem = waiting[completion.key]
                problem.missing -= 1
                if not problem.missing:
                    del waiting[completion.key]
                street.count(completion)
                if pool is not None and completion.finish_reason != "error":
                    slot = Slot(completion.key, completion.temperature, completion.sample_index)
                    await street.submit(
                        group, slot, problem.row, problem.judged_by, completion.text, completion.finish_reason
                    )
    await store.sync()
    return street.outcome


def _attached(engine: Engine, store: ResultStore, progress: Progress) -> Engine:
    """The engine, which finds its notes in the journal and shows its spending in the bar."""
    if isinstance(engine, Paid):
        progress.spending = engine.budget.projection
    if isinstance(engine, Noting):
        engine.attach(store.notes, store.note)
    elif waiting := noted_batches(store.notes):
        batches = ", ".join(str(note.get("batch", file)) for file, note in waiting.items())
        raise UserError(
            f"{store.path.name} has batches at the server that are paid for ({batches}). Run the command with --batch to "
            "fetch them, or start anew with --overwrite."
        )
    return engine


async def check_file(
    store: ResultStore, pool: Checks, progress: Progress, judged_by: Callable[[Entry], str], *, again: bool
) -> Outcome:
    """Judge every response of an existing result file; ``again`` repeats old verdicts."""
    street = _Street(store, pool, progress)
    async with asyncio.TaskGroup() as group:
        for key, entry in store.entries():
            row = row_of(entry)
            by = judged_by(row)
            for slot, response, _ in samples(key, entry):
                text = judged_text(response)
                known = store.verdict(slot, text, by)
                if (again or known is None or known["correctness"] is None) and _has_text(response):
                    await street.submit(group, slot, row, by, text, response.get("finish_reason", "stop"))
                elif known is not None:
                    street.progress.judged(known["correctness"])
    await store.sync()
    return street.outcome


def summarize(entries: Iterable[tuple[str, Entry]], outcome: Outcome) -> Iterator[tuple[str, Entry]]:
    """Pass entries on to the final file and count them into ``outcome`` on the way."""
    for key, entry in entries:
        outcome.problems += 1
        outcome.tally.add(entry)
        for _, _, usage in samples(key, entry):
            outcome.prompt_tokens += int(usage.get("prompt_tokens") or 0)
            outcome.completion_tokens += int(usage.get("completion_tokens") or 0)
        yield key, entry


@dataclass
class _Open:
    """A row with samples that the engine has not yet given back."""

    row: Entry
    judged_by: str
    missing: int


class _Street:
    """The way of one response from the journal through a checker and back."""

    def __init__(self, store: ResultStore, pool: Checks | None, progress: Progress) -> None:
        self.store = store
        self.pool = pool
        self.progress = progress
        self.outcome = Outcome()
        self._room = asyncio.Semaphore(MAX_BACKLOG)

    def count(self, completion: Completion) -> None:
        self.outcome.count(completion)
        self.progress.generated(completion.usage.completion_tokens)

    async def submit(
        self, group: asyncio.TaskGroup, slot: Slot, row: Entry, by: str, text: str, finish_reason: str
    ) -> None:
        await self._room.acquire()
        group.create_task(self._judge(slot, row, by, text, finish_reason))

    async def _judge(self, slot: Slot, row: Entry, by: str, text: str, finish_reason: str) -> None:
        try:
            await self.store.sync()
            if finish_reason == "length":
                verdict = TRUNCATED
            else:
                assert self.pool is not None
                verdict = await self.pool.check(row, text)
            self.store.add_verdict(slot, text, verdict.record(), by)
            self.outcome.judged += 1
            self.progress.judged(verdict.correct)
        finally:
            self._room.release()


def run_street(main: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run ``generate`` or ``check_file`` to its end; raise the cause of a failure itself."""
    try:
        return asyncio.run(main)
    except asyncio.CancelledError:  # by the second Ctrl-C
        raise KeyboardInterrupt from None
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from group


async def _judge_earlier(work: Work, street: _Street, group: asyncio.TaskGroup, before: int) -> None:
    """Judge completions of an earlier run whose verdicts it did not live to write."""
    for key, row in work.rows():
        by = ""
        for slot, _ in work.slots(key):
            response = street.store.response(slot, before=before)
            if response is None or not _has_text(response):
                continue
            by = by or work.judged_by(row)
            known = street.store.verdict(slot, response["content"], by)
            if known is None or known["correctness"] is None:
                await street.submit(group, slot, row, by, response["content"], response["finish_reason"])
            else:
                street.progress.judged(known["correctness"], earlier=True)
        await asyncio.sleep(0)


def _has_text(response: dict[str, Any]) -> bool:
    return response.get("finish_reason") != "error"
