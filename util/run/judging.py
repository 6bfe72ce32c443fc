"""Verdicts during a run: from the journal to a checker, and back to the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from util.checks.protocol import Checks
from util.records import Response, Row, SampleId, Verdict
from util.results.judged_by import JudgedBy
from util.results.store import ResultStore
from util.results.write_queue import NotWrittenError
from util.run.progress import Progress
from util.run.summary import RunSummary
from util.run.work import Work

MAX_BACKLOG = 2048
"""Maximum completions that wait for a verdict; at this number generation pauses."""

TRUNCATED = Verdict(False, "truncated: the response did not end within its token limit")
REPEATING = Verdict(False, "truncated: the response repeated itself, and the engine cut it")


class ResponseJudge:
    """Judges responses: from the journal to a checker, and the verdict back to the journal."""

    def __init__(self, store: ResultStore, checks: Checks, progress: Progress, summary: RunSummary) -> None:
        self.store = store
        self.progress = progress
        self._checks = checks
        self._summary = summary
        self._room = asyncio.Semaphore(MAX_BACKLOG)
        self._running = set[asyncio.Task[None]]()
        self.told: Callable[[SampleId, bool | None], None] = lambda sample, correct: None
        """Takes each verdict."""

    async def submit(
        self, group: asyncio.TaskGroup, sample: SampleId, response: Response, row: Callable[[], Row], by: JudgedBy
    ) -> None:
        """Start the check of a response; wait first if too many are pending. row: returns its row."""
        await self._room.acquire()
        task = group.create_task(self._judge(sample, response, row, by))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def idle(self) -> None:
        """Wait until every response that was submitted is judged."""
        while self._running:
            await asyncio.wait(tuple(self._running))

    async def _judge(self, sample: SampleId, response: Response, row: Callable[[], Row], by: JudgedBy) -> None:
        try:
            await self.store.sync()
            text = response.judged_text
            cut = REPEATING if response.repeats else TRUNCATED
            verdict = cut if response.truncated else await self._checks.check(row(), text)
            self.store.add_verdict(sample, text, verdict, by)
            self._summary.judged += 1
            self.progress.judged(verdict.correct)
            self.told(sample, verdict.correct)
        except NotWrittenError:
            return  # ``settle`` raises it at the end of the run; a rerun judges the response
        finally:
            self._room.release()


async def judge_earlier(work: Work, judge: ResponseJudge, rules: str, group: asyncio.TaskGroup, before: int) -> None:
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
                await judge.submit(group, sample, response, partial(work.rows.row, number), by)
            else:
                judge.progress.judged(known.correct, earlier=True)
        await asyncio.sleep(0)
