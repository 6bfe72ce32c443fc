"""Judge the samples of foreign files by each grader, in processes that are killed when a check takes too long."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from tqdm import tqdm

from util.checks.pool import CheckerPool
from util.checks.window import in_order
from util.foreign.case import ForeignCase, Judge, ready
from util.foreign.readers import ForeignFile
from util.foreign.sample import ForeignSample
from util.records import LENGTH, Verdict
from util.referee.scores import GraderScores, SetScores
from util.system.characters import utf8
from util.system.errors import UserError

TRUNCATED = Verdict(False, "truncated")
AHEAD = 8
"""Samples per checker process that are read ahead of the verdicts."""


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A sample with the verdicts on it, by grader. gold: as the graders had it."""

    sample: ForeignSample
    set_name: str
    gold: str | None
    verdicts: dict[str, Verdict]


@dataclass
class _Pools:
    """A pool of processes for each kind of case, started when the first case of the kind comes."""

    judge: Judge
    graders: tuple[str, ...]
    workers: int
    stack: ExitStack
    pools: dict[str, tuple[CheckerPool, tuple[str, ...]]] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[CheckerPool, tuple[str, ...]]:
        if kind not in self.pools:
            checker = ready(self.judge.checkers(kind, self.graders))
            pool = self.stack.enter_context(closing(CheckerPool(checker, self.workers)))
            self.pools[kind] = pool, tuple(checker.graders)
        return self.pools[kind]


def rejudge(
    files: Iterable[ForeignFile],
    judge: Judge,
    graders: tuple[str, ...],
    *,
    workers: int = 0,
    each: Callable[[Rejudged], None] = lambda rejudged: None,
) -> list[SetScores]:
    """Judge every response; the scores of each set, in the order in which the sets appear.

    workers: processes per kind, 0 for one per core. each: called with every sample, in order.

    Raises:
        UserError: a file is malformed, a grader cannot work here, or there is no response at all.
    """
    return asyncio.run(_rejudge(files, judge, graders, workers or os.cpu_count() or 1, each))


async def _rejudge(
    files: Iterable[ForeignFile],
    judge: Judge,
    graders: tuple[str, ...],
    workers: int,
    each: Callable[[Rejudged], None],
) -> list[SetScores]:
    sets: dict[str, SetScores] = {}
    with ExitStack() as stack, tqdm(desc="judging", unit=" responses", disable=None) as bar:
        pools = _Pools(judge, graders, workers, stack)
        async for (form, _), found in in_order(_samples(files), lambda each: _one(each[1], pools), AHEAD * workers):
            scores = sets.get(found.set_name)
            if scores is None:
                scores = sets[found.set_name] = SetScores(
                    found.set_name, form, {name: GraderScores() for name in graders}
                )
            digest = hashlib.blake2b(utf8(found.sample.problem), digest_size=12).digest()
            scores.add(digest, found.sample.score, found.verdicts)
            each(found)
            bar.update()
    if not sets:
        raise UserError("There are no responses in the files, so there is nothing to judge.")
    return list(sets.values())


def _samples(files: Iterable[ForeignFile]) -> Iterator[tuple[str, ForeignSample]]:
    for file in files:
        for sample in file.samples():
            yield file.form, sample


async def _one(sample: ForeignSample, pools: _Pools) -> Rejudged:
    name = sample.set_name or "(no name)"
    case = ForeignCase(why_not="no text was generated") if sample.row.get("not_generated") else pools.judge.case(sample)
    if case.why_not:
        nothing = Verdict(None, case.why_not)
        return Rejudged(sample, name, case.gold, dict.fromkeys(pools.graders, nothing))
    pool, graders = pools.of(case.kind)
    if sample.finish_reason == LENGTH:  # as in a run of this suite
        return Rejudged(sample, name, case.gold, dict.fromkeys(graders, TRUNCATED))
    checks = [pool.check({"grader": grader, "row": case.row}, sample.response) for grader in graders]
    verdicts = await asyncio.gather(*checks)
    return Rejudged(sample, name, case.gold, dict(zip(graders, verdicts, strict=True)))
