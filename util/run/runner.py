"""Run one dataset, from its rows to its result file; called by the scripts.

Scripts choose the handler and the options; this module locks the result file,
starts the engine and the checkers, and prints status messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from util.checks.pool import CheckerPool
from util.checks.protocol import Checks
from util.engines import spending
from util.engines.base import Engine
from util.metrics.pass_rates import with_pass_rate
from util.results.entries import Entry
from util.results.final import judged_entries
from util.results.json_file import read_results, write_json
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.run.decisions import Decisions
from util.run.existing import check_temperatures, existing_result
from util.run.few_shot import few_shot
from util.run.folder_cost import all_runs, file_cost
from util.run.no_engine import NoEngine
from util.run.options import RunOptions
from util.run.pipeline import check_file, generate, run_async
from util.run.plan import (
    as_begun,
    belongs_to,
    estimated,
    make_manifest,
    make_work,
    now,
    result_paths,
    run_settings,
    selected_rows,
    sent,
)
from util.run.precision_run import before_run, end_of, needs_engine, plan_for
from util.run.progress import Progress
from util.run.reward_scores import score
from util.run.rounds import JournalRounds
from util.run.summary import RunSummary
from util.run.work import Work
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell
from util.system.redaction import redacted, redacted_value
from util.task import Checker, Selection, TaskHandler


@dataclass(frozen=True)
class _Run:
    """The run of one dataset. checker: None if responses are not judged."""

    handler: TaskHandler
    selection: Selection
    options: RunOptions
    checker: Checker | None


def run_generation(
    handler: TaskHandler, selection: Selection, options: RunOptions, engine: Callable[[], Engine], *, check: bool
) -> RunSummary:
    """Generate the missing responses, judge them if ``check``, and write the result file."""
    run = _Run(handler, selection, options, handler.checker(options.checks) if check else None)
    with selected_rows(handler, selection, options) as rows:
        asked = (row for _, row in rows.items())
        work = make_work(handler, rows, options, few_shot(handler, selection, options.few_shot, asked))
        path, files = result_paths(handler, selection, options).path, options.files
        store = ResultStore(
            path, overwrite=files.overwrite, repair=files.repair, partial_tokens=files.partial_tokens,
            continue_truncated=files.continue_truncated,
        )  # fmt: skip
        with contextlib.closing(store):
            return _run(run, work, store, engine)


def _run(run: _Run, work: Work, store: ResultStore, engine: Callable[[], Engine]) -> RunSummary:
    options = run.options
    work, settings, done = _resumed(run, work, store)
    total = len(work.rows) * work.n * len(work.temperatures)
    most, rules = "at most " if work.in_rounds else "", run.checker.rules if run.checker is not None else ""
    _log(
        f"{run.handler.name}: {len(work.rows)} problems, {most}{total} responses, {done} of them done; "
        f"result file {store.path}"
    )
    if work.decisions is not None:
        _log(f"decisions: {work.decisions}")
    if work.precision is not None:
        _log(f"target: {before_run(work.precision, work, store, rules)}")
    _log(f"sent: {sent(work, options)}")
    # Before the engine is loaded, so that a failed self-test ends the run early.
    prepared = run.checker.prepare() if run.checker is not None else {}
    if _needs_engine(run, work, store, done < total):
        running = engine()
        _log(f"engine: {json.dumps(running.describe())}")
    else:
        running = NoEngine()
        _log(f"Nothing to generate: {_why_nothing(work, total)}")
    checks_now = prepared | {"verifier": run.checker.rules} if run.checker is not None else {}
    manifest = make_manifest(options, settings, run.selection, run.handler, running, checks_now)
    store.begin(manifest)
    if options.engine.is_api and not isinstance(running, NoEngine):
        _log(f"all responses: {estimated(work, options.engine.budget())}")
    with contextlib.ExitStack() as stack:
        checks = None
        if run.checker is not None:
            checks = checkers(run.checker.settled(prepared), options)
            stack.callback(checks.close)
        progress = Progress(run.handler.name, total, done, samples=_per_problem(work))
        summary, seconds = _generated(run, work, store, running, checks, progress)
        described = redacted_value(running.describe())
        if described != manifest["engine"]:  # requests were changed for what the server refused
            manifest |= {"engine": described}
            store.begin(manifest)
        refused = _scored(options, work, store, f"reward {run.handler.name}", total)
        summary.tally.best_by = options.scoring.best_of_n_by
        if work.precision is not None:
            summary.precision = end_of(work.precision, work, store, rules, manifest)
        store.finalize(summary.counted(_entries(run, work, store, summary)))
        summary.missing = _missing(work, summary)
        summary.cost = file_cost(store.ledger, options.engine.budget().price) if options.engine.is_api else None
        _write_usage(store.paths, summary, seconds)
        if refused is not None:
            raise refused
        return summary


def _per_problem(work: Work) -> int:
    """Responses to a problem that count as one in the interval that is shown while the run goes on."""
    if work.precision is not None:
        return work.precision.first
    return (work.n if work.decisions is None else work.decisions.round_size) * len(work.temperatures)


def _why_nothing(work: Work, total: int) -> str:
    if work.precision is not None:
        return "more responses are not needed for the target, or do not help"
    return "every problem is decided" if work.decisions is not None else f"all {total} responses exist"


def _needs_engine(run: _Run, work: Work, store: ResultStore, unfinished: bool) -> bool:
    """Whether there are responses to make. unfinished: whether samples are missing of all that there may be."""
    if work.precision is not None and run.checker is not None:
        return needs_engine(work.precision, work, store, run.checker.rules)
    if work.decisions is None or run.checker is None:
        return unfinished
    return JournalRounds(work, work.decisions, store, run.checker.rules).any_open()


def _entries(run: _Run, work: Work, store: ResultStore, summary: RunSummary) -> Iterator[Entry]:
    """The entries of the result file."""
    if work.decisions is not None and run.checker is not None:
        summary.decisions = Decisions(work.decisions)
        return summary.decisions.entries(work, store, run.checker.rules)
    return (with_pass_rate(store.entry(key, row, work.prompt(row))) for key, row in work.rows.items())


def _missing(work: Work, summary: RunSummary) -> int:
    """The number of samples that the engine returned nothing for, not even a failure."""
    if summary.decisions is not None:
        return summary.decisions.missing
    if summary.precision is not None:
        return summary.precision.missing
    found = summary.tally.by_temperature
    have = (found[temperature].total if temperature in found else 0 for temperature in work.temperatures)
    return sum(max(0, len(work.rows) * work.n - count) for count in have)


def _resumed(run: _Run, work: Work, store: ResultStore) -> tuple[Work, dict[str, Any], int]:
    """The work with at least as many samples as the file has, its settings, and the number of finished samples.

    Raises:
        UserError: the file was made with other settings.
    """
    work = as_begun(work, run.handler, run.selection, run.options, store.settings)
    settings = run_settings(run.handler, run.selection, run.options, work)
    store.check_settings(settings)
    if work.decisions is not None:  # what every problem has: a run without decisions completes no more than that
        settings["n"] = max(work.decisions.round_size, int((store.settings or {}).get("n", 1)))
    elif run.options.precision is not None:
        settings["n"] = int((store.settings or {}).get("n", 1))
    first_line = {"settings": settings, "command": run.options.command, "started": now()}
    if adopted := store.adopt(belongs_to(work), first_line):
        _log(f"{store.path.name} has no complete journal: added {adopted} of its responses to the journal")
    if run.options.precision is not None:
        plan = plan_for(run.options.precision, work, store)
        work, settings["n"] = replace(work, n=plan.most, precision=plan), plan.first
    elif work.decisions is None:
        work = replace(work, n=max(work.n, int((store.settings or {}).get("n", 1))))
        settings["n"] = work.n
    if grown := store.grown():
        _log(
            f"--max-tokens was raised: {grown} responses that were truncated or have failed go on from their tokens, or are "
            "made again where those are not kept"
        )
    if store.partials is not None and (unfinished := [s for s in store.partials.samples if not store.finished(s)]):
        _log(f"{len(unfinished)} unfinished responses of an earlier run go on where they can")
    done = sum(store.finished(sample) for key in work.rows for sample, _ in work.samples(key))
    return work, settings, done


def _generated(
    run: _Run, work: Work, store: ResultStore, engine: Engine, checks: Checks | None, progress: Progress
) -> tuple[RunSummary, float]:
    """Run the pipeline; return its summary and its duration in seconds."""
    start = time.monotonic()
    rules = run.checker.rules if run.checker is not None else ""
    try:
        with spending(engine), contextlib.closing(progress):
            summary = run_async(generate(work, store, engine, checks, rules, progress))
    finally:
        if text := all_runs(engine, store.ledger):
            _log(text)
    if text := summary.tell():
        _log(f"{run.handler.name}: {text}")
    return summary, time.monotonic() - start


def _scored(options: RunOptions, work: Work, store: ResultStore, label: str, total: int) -> UserError | None:
    """Score the responses with a reward model if requested. An error is returned, so that the result file is written first."""
    if options.scoring.best_of_n_by != "reward":
        return None
    try:
        asyncio.run(score(options.scoring, work, store, Progress(label, total, 0)))
    except UserError as error:
        return error
    return None


def checkers(checker: Checker, options: RunOptions) -> Checks:
    """Start the checker processes, on this machine or on every node of the cluster."""
    if not options.checks.on_cluster:
        return CheckerPool(checker, options.workers)
    from util.checks.ray_pool import ClusterCheckers

    return ClusterCheckers(checker, options.checks.workers, options.engine.ray.ray_address)


def run_check(handler: TaskHandler, selection: Selection, options: RunOptions, *, again: bool) -> RunSummary:
    """Judge an existing result file; the converted one if it exists. again: also responses that have a verdict."""
    paths = existing_result(result_paths(handler, selection, options))
    check_temperatures(paths.path, options.sampling.asked)
    checker = handler.checker(options.checks)
    prepared = checker.prepare()
    store = ResultStore(paths.path, repair=options.files.repair)
    with contextlib.closing(store), contextlib.closing(checkers(checker.settled(prepared), options)) as checks:
        named = prepared | {"verifier": checker.rules}
        store.begin({"command": options.command, "started": now(), "check_of": paths.name, "checks": named})
        store.adopt()  # keep responses from other sources for later runs
        total = sum(len(responses) for entry in read_results(store.path) for responses in entry.responses.values())
        _log(f"checking {paths.path}: {total} responses")
        with contextlib.closing(Progress(f"check {handler.name}", total, 0, unit="verdict")) as progress:
            summary = run_async(check_file(store, checks, progress, checker.rules, again=again))
        summary.tally.best_by = options.scoring.best_of_n_by
        store.finalize(summary.counted(map(with_pass_rate, judged_entries(store))))
        return summary


def _write_usage(paths: ResultPaths, summary: RunSummary, seconds: float) -> None:
    total = summary.tally.total.total
    if not summary.generated and paths.token_usage.exists():
        return  # keep the throughput of the run that generated
    write_json(
        paths.token_usage,
        {
            "completion_tokens": summary.completion_tokens,
            "prompt_tokens": summary.prompt_tokens,
            "avg_completion_tokens": round(summary.completion_tokens / max(total, 1), 3),
            "avg_prompt_tokens": round(summary.prompt_tokens / max(total, 1), 3),
            "responses": total,
            "completion_tokens_of_last_run": summary.generated_tokens,
            "seconds_of_last_run": round(seconds, 1),
        },
    )


def _log(text: str) -> None:
    tell(printable(redacted(text)))
