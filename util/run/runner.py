"""One dataset from its rows to its result file: what the scripts call.

Scripts choose the handler and the options; this module guards the result file,
starts engine and checkers, and reports.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from util.checks.pool import CheckerPool, Checks
from util.engines import spending
from util.engines.base import Engine, Message
from util.engines.openai.reward import RewardModel, rewards
from util.results.journal import journal_path
from util.results.json_file import read_results, write_json
from util.results.samples import Slot, text_hash
from util.results.store import ResultStore
from util.run.pipeline import Outcome, Work, check_file, generate, run_street, summarize
from util.run.plan import (
    Handler,
    RunOptions,
    belongs_to,
    count_rows,
    estimated,
    make_work,
    manifest,
    now,
    result_path,
    run_settings,
)
from util.run.progress import Progress
from util.system.errors import UserError


def run_generation(
    handler: Handler, selection: Any, options: RunOptions, engine: Callable[[], Engine], *, check: bool
) -> Outcome:
    """Generate what is missing (and judge it), then write the result file."""
    path = result_path(handler, selection, options)
    work = make_work(handler, selection, options)
    rows = count_rows(work)
    store = ResultStore(path, overwrite=options.overwrite)
    pool: Checks | None = None
    try:
        settings = run_settings(handler, selection, options, work, rows)
        store.check_settings(settings)
        first_line = {"settings": settings, "command": options.command, "started": now()}
        if adopted := store.adopt(belongs_to(work), first_line):
            _say(f"{path.name} has no complete journal: {adopted} responses were taken over from it")
        work, settings = _grown(work, settings, store.settings)
        done = sum(store.finished(slot) for key, _ in work.rows() for slot, _ in work.slots(key))
        total = rows.problems * work.n * len(work.temperatures)
        _say(f"{handler.name}: {rows.problems} problems, {total} responses, {done} of them done; result file {path}")
        # Before the engine: what cannot be checked need not be loaded for.
        checks = handler.prepare_checks(options.checks) if check else {}
        # Nothing to generate needs no engine.
        running: Engine = engine() if done < total else _Idle()
        _say(f"engine: {json.dumps(running.describe())}")
        store.begin(manifest(options, settings, selection, handler, running, checks))
        pool = checkers(handler, options) if check else None
        if options.engine.is_api and done < total:
            _say(f"all responses: {estimated(work, options.engine.budget())}")
        progress = Progress(handler.name, total, done)
        start = time.monotonic()
        with spending(running):
            try:
                outcome = run_street(generate(work, store, running, pool, progress))
            finally:
                progress.close()
        seconds = time.monotonic() - start
        unscored: UserError | None = None
        if options.reward is not None:
            try:
                asyncio.run(add_rewards(options.reward, work, store, Progress(f"reward {handler.name}", total, 0)))
            except UserError as error:
                unscored = error  # the result file comes first
        outcome.tally.best_by = options.best_by
        entries = ((key, store.entry(key, row, work.prompt(row))) for key, row in work.rows())
        store.finalize(summarize(entries, outcome))
        _write_usage(path, outcome, seconds)
        if unscored is not None:
            raise unscored
        return outcome
    finally:
        try:
            if pool is not None:
                pool.close()
        finally:
            store.close()


async def add_rewards(model: RewardModel, work: Work, store: ResultStore, progress: Progress) -> None:
    """Score every finished response that has no score by this model yet; each score is journalled at once.

    A response that the reward model refuses gets the score None.
    """

    def unscored() -> Iterator[tuple[Slot, list[Message]]]:
        for key, row in work.rows():
            for slot, _ in work.slots(key):
                response = store.response(slot)
                if response is None or response.get("finish_reason") != "stop":
                    continue
                if response.get("reward_model") != model.name:
                    yield slot, [*work.messages(row), {"role": "assistant", "content": response["content"]}]

    try:
        async for slot, score in rewards(model, unscored()):
            store.amend(slot, {"reward": score, "reward_model": model.name})
            progress.generated(0)
        await store.sync()
    finally:
        progress.close()


def checkers(handler: Handler, options: RunOptions) -> Checks:
    """Processes that check, on this machine or on every node of the cluster."""
    if not options.check_on_cluster:
        return CheckerPool(handler, options.workers)
    from util.checks.ray_pool import ClusterCheckers

    return ClusterCheckers(handler, options.checks, options.check_workers, options.engine.ray_address)


def run_check(handler: Handler, selection: Any, options: RunOptions, *, again: bool) -> Outcome:
    """Judge an existing result file, the converted one if there is one."""
    path = existing_result(result_path(handler, selection, options))
    checks = handler.prepare_checks(options.checks)
    store = ResultStore(path)
    pool = checkers(handler, options)
    try:
        store.begin({"command": options.command, "started": now(), "check_of": path.name, "checks": checks})
        store.adopt()  # what comes from elsewhere is kept for later runs, too
        total = sum(len(r) for _, entry in store.entries() for r in entry["responses"].values())
        _say(f"checking {path}: {total} responses")
        progress = Progress(f"check {handler.name}", total, 0, unit="verdict")
        try:
            outcome = run_street(check_file(store, pool, progress, handler.judged_by, again=again))
        finally:
            progress.close()
        outcome.tally.best_by = options.best_by
        store.finalize(summarize(store.judged_entries(), outcome))
        return outcome
    finally:
        pool.close()
        store.close()


def existing_result(path: Path) -> Path:
    """The file that --check works on.

    Raises:
        UserError: neither it nor its converted form exists; says what is there.
    """
    converted = path.with_name(f"converted_{path.name}")
    if converted.exists() and path.exists() and not _same_responses(path, converted):
        raise UserError(
            f"{converted.name} was made from other responses than {path.name} holds now. Run convert_format.py on "
            f"{path.parent} again, or remove {converted.name} to check the responses as they are."
        )
    found = file_to_check(path)
    if found is not None:
        return found
    if journal_path(path).exists():
        raise UserError(
            f"{path.name} is not finished: only its journal exists. Run the same command with --inference first."
        )
    there = sorted(p.name for p in path.parent.glob("*.json"))[:8] if path.parent.is_dir() else []
    raise UserError(
        f"There is no result file to check. Looked for {converted.name} and {path.name} in {path.parent}; "
        f"there: {', '.join(there) or 'no result file'}. Run with --inference first, or repeat the options "
        "that made the file."
    )


def file_to_check(path: Path) -> Path | None:
    """The converted form of a result file, else the file itself, else None."""
    return next((p for p in (path.with_name(f"converted_{path.name}"), path) if p.exists()), None)


def _same_responses(path: Path, converted: Path) -> bool:
    def texts(file: Path) -> Iterator[tuple[str, str, list[str]]]:
        for key, entry in read_results(file):
            for label, responses in entry["responses"].items():
                yield key, label, [text_hash(response["content"]) for response in responses]

    return all(a == b for a, b in itertools.zip_longest(texts(path), texts(converted)))


def report(outcome: Outcome, *, judged: bool) -> None:
    """Print what a run gave, with 95 % intervals; the last line is ``{"acc": ...}`` if it was judged."""
    tally = outcome.tally
    for label in tally.temperatures:
        counts = tally.by_temperature[label]
        print(f"temperature {label}: {counts.total} responses of {outcome.problems} problems")
        for name, estimate in tally.metrics(label).items() if judged else ():
            print(f"  {name:<24}{estimate}")
        if judged:
            print(f"  {counts.right} right, {counts.rates()}")
        else:
            print(f"  {counts.truncated} truncated, {counts.failed} failed")
    print(f"tokens: {outcome.prompt_tokens} prompt, {outcome.completion_tokens} completion")
    for failure in outcome.failures:
        print(f"failed: {failure}", file=sys.stderr)
    if judged:
        accepted = tally.solved_share()
        print(f"rejection sampling: {tally.solved} of {tally.problems} problems have an accepted response, {accepted}")
        print(json.dumps({"acc": round(outcome.tally.total.accuracy, 4)}))


def _grown(work: Work, settings: dict[str, Any], before: dict[str, Any] | None) -> tuple[Work, dict[str, Any]]:
    n = max(work.n, int((before or {}).get("n", 1)))
    return replace(work, n=n), settings | {"n": n}


def _write_usage(path: Path, outcome: Outcome, seconds: float) -> None:
    count = max(outcome.tally.total.total, 1)
    file = path.parent / "token_usage" / path.name
    if not outcome.generated and file.exists():
        return  # the throughput of the run that generated stays
    write_json(
        file,
        {
            "completion_tokens": outcome.completion_tokens,
            "prompt_tokens": outcome.prompt_tokens,
            "avg_completion_tokens": round(outcome.completion_tokens / count, 3),
            "avg_prompt_tokens": round(outcome.prompt_tokens / count, 3),
            "responses": outcome.tally.total.total,
            "completion_tokens_of_last_run": outcome.generated_tokens,
            "seconds_of_last_run": round(seconds, 1),
        },
    )


class _Idle:
    """The engine of a run that has nothing to generate."""

    def describe(self) -> dict[str, Any]:
        return {"backend": "none", "note": "every response was there already"}

    async def generate(self, requests: Any) -> Any:
        for request in requests:
            raise AssertionError(f"unexpected request for {request.key!r}")
        return
        yield

    def close(self) -> None:
        """Nothing to end."""


def _say(text: str) -> None:
    print(text, file=sys.stderr)
