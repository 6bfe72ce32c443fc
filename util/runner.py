"""One dataset from its rows to its result file: what the scripts call.

Scripts choose the handler and the options; this module plans, guards the result
file, starts engine and checkers, and reports.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

from util.checking import Checker, CheckerPool
from util.engines import EngineOptions
from util.engines.base import Engine, Sampling, temperature_label
from util.errors import UserError
from util.models import conversation_start, profile_of, short_name
from util.pipeline import Outcome, Work, check_file, generate, run_street, summarize
from util.progress import Progress
from util.resultfile import Entry, write_json
from util.store import ResultStore, journal_path

CHARACTERS_PER_TOKEN = 3.5
"""For estimates before a tokenizer is at hand; English and mathematics."""


class Handler(Checker, Protocol):
    """The part of a task handler that a run needs."""

    name: ClassVar[str]
    kind: ClassVar[str]
    template: ClassVar[str]

    def select(self, selection: Any) -> Iterator[tuple[str, Entry]]: ...

    def prompt(self, row: Entry) -> str: ...

    def prompt_texts(self) -> list[str]: ...

    def hub_source(self, selection: Any) -> Any: ...


@dataclass(frozen=True)
class RunOptions:
    """How to run; which rows is the selection's matter."""

    engine: EngineOptions
    result_dir: Path
    temperatures: list[float]
    n: int = 1
    top_p: float = 1.0
    max_tokens: int = 32768
    seed: int = 0
    system_prompt: Path | None = None
    check_workers: int = 0
    overwrite: bool = False
    command: str = ""

    @property
    def workers(self) -> int:
        return self.check_workers or max(1, len(os.sched_getaffinity(0)))


def result_path(handler: Handler, selection: Any, options: RunOptions) -> Path:
    """``{model}_{dataset}_{split}_{source}_{start}_{end}[_{lower}_{upper}].json``."""
    parts = [short_name(options.engine.model), handler.name, selection.split, selection.source]
    parts += [str(selection.start), str(selection.end)]
    if selection.lower is not None or selection.upper is not None:
        parts += [f"{1 if selection.lower is None else selection.lower:g}"]
        parts += [f"{10 if selection.upper is None else selection.upper:g}"]
    return options.result_dir / ("_".join(part.replace("/", "-") for part in parts) + ".json")


def make_work(handler: Handler, selection: Any, options: RunOptions) -> Work:
    """Rows, prompts and sampling of a run."""
    profile = profile_of(options.engine.model)
    return Work(
        rows=lambda: handler.select(selection),
        prompt=handler.prompt,
        start=conversation_start(options.engine.model, handler.kind, handler.template, options.system_prompt),
        temperatures=options.temperatures,
        n=options.n,
        sampling=Sampling(0.0, options.top_p, options.max_tokens),
        seed=options.seed,
        fixed_sampling=profile.fixed_sampling and options.engine.is_api,
    )


def run_generation(
    handler: Handler, selection: Any, options: RunOptions, engine: Callable[[], Engine], *, check: bool
) -> Outcome:
    """Generate what is missing (and judge it), then write the result file."""
    path = result_path(handler, selection, options)
    work = make_work(handler, selection, options)
    problems = sum(1 for _ in work.rows())
    store = ResultStore(path, overwrite=options.overwrite)
    pool: CheckerPool | None = None
    try:
        settings = run_settings(handler, selection, options, work)
        store.check_settings(settings)
        if adopted := store.adopt():
            _say(f"{path.name} has no complete journal: {adopted} responses were taken over from it")
        work, settings = _grown(work, settings, store.settings)
        done = sum(store.finished(slot) for key, _ in work.rows() for slot, _ in work.slots(key))
        total = problems * work.n * len(work.temperatures)
        _say(f"{handler.name}: {problems} problems, {total} responses, {done} of them done; result file {path}")
        # Nothing to generate needs no engine.
        running: Engine = engine() if done < total else _Idle()
        _say(f"engine: {json.dumps(running.describe())}")
        store.begin(_manifest(options, settings, selection, handler, running))
        pool = CheckerPool(handler, options.workers) if check else None
        progress = Progress(handler.name, total, done)
        start = time.monotonic()
        try:
            outcome = run_street(generate(work, store, running, pool, progress))
        finally:
            progress.close()
        entries = ((key, store.entry(key, row, work.prompt(row))) for key, row in work.rows())
        store.finalize(summarize(entries, outcome))
        _write_usage(path, outcome, time.monotonic() - start)
        return outcome
    finally:
        if pool is not None:
            pool.close()
        store.close()


def run_check(handler: Handler, selection: Any, options: RunOptions, *, again: bool) -> Outcome:
    """Judge an existing result file, the converted one if there is one."""
    path = existing_result(result_path(handler, selection, options))
    store = ResultStore(path)
    pool = CheckerPool(handler, options.workers)
    try:
        if store.journal_is_empty:
            store.begin({"command": options.command, "started": _now(), "check_of": path.name})
        total = sum(len(r) for _, entry in store.entries() for r in entry["responses"].values())
        _say(f"checking {path}: {total} responses")
        progress = Progress(f"check {handler.name}", total, 0, unit="verdict")
        try:
            outcome = run_street(check_file(store, pool, progress, again=again))
        finally:
            progress.close()
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
    for candidate in (converted, path):
        if candidate.exists():
            return candidate
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


def report(outcome: Outcome, *, judged: bool) -> None:
    """Print what a run gave; the last line is ``{"acc": ...}`` if it was judged."""
    for label in sorted(outcome.tally.by_temperature, key=float):
        counts = outcome.tally.by_temperature[label]
        line = f"temperature {label}: {counts.total} responses, {counts.truncated} truncated, {counts.failed} failed"
        if judged:
            line += f", {counts.right} right, {counts.unjudged} not judged; pass@1 {counts.accuracy:.4f}"
            n = counts.total // max(outcome.problems, 1)
            at_n = outcome.tally.pass_at(n, label) if n > 1 else None
            line += f", pass@{n} {at_n:.4f}" if at_n is not None else ""
        print(line)
    print(f"tokens: {outcome.prompt_tokens} prompt, {outcome.completion_tokens} completion")
    for failure in outcome.failures:
        print(f"failed: {failure}", file=sys.stderr)
    if judged:
        print(f"problems with a right response: {outcome.tally.solved()} of {outcome.problems}")
        print(json.dumps({"acc": round(outcome.tally.total.accuracy, 4)}))


def dry_run(handler: Handler, selection: Any, options: RunOptions) -> None:
    """Print the plan: rows, first prompt, result file, engine, tokens."""
    work = make_work(handler, selection, options)
    first, problems, characters = None, 0, 0
    for _, row in work.rows():
        messages = work.messages(row)
        first = first or messages
        problems += 1
        characters += sum(len(message["content"]) for message in messages)
    requests = problems * work.n * len(work.temperatures)
    path = result_path(handler, selection, options)
    print(f"dataset:      {handler.name}, split {selection.split}, source {selection.source}")
    print(
        f"rows:         {problems} selected, {requests} responses ({work.n} for each of {_list(options.temperatures)})"
    )
    print(f"result file:  {path}{' (exists)' if path.exists() else ''}")
    print(f"engine:       {options.engine.plan()}")
    print(f"sampling:     top-p {options.top_p:g}, at most {options.max_tokens} tokens, seed {options.seed}")
    prompt_tokens = int(characters / CHARACTERS_PER_TOKEN) * work.n * len(work.temperatures)
    print(
        f"tokens:       about {prompt_tokens:,} of prompts (at {CHARACTERS_PER_TOKEN} characters each), "
        f"at most {requests * options.max_tokens:,} of completions"
    )
    print(
        "cost:         the API's price for these tokens"
        if options.engine.is_api
        else "cost:         your machine's time"
    )
    print("first prompt:")
    for message in first or ():
        print(f"  [{message['role']}] {message['content'][:1500]}")


def run_settings(handler: Handler, selection: Any, options: RunOptions, work: Work) -> dict[str, Any]:
    """What must be equal for two runs to share a result file."""
    shaping = json.dumps([work.start, handler.prompt_texts()], ensure_ascii=False)
    return {
        "model": _identity(options.engine.model),
        "dataset": handler.name,
        "filter_difficulty": selection.filter_difficulty,
        "prompt_hash": hashlib.sha256(shaping.encode()).hexdigest()[:16],
        "top_p": options.top_p,
        "max_tokens": options.max_tokens,
        "seed": options.seed,
        "n": options.n,
        "temperatures": [temperature_label(t) for t in options.temperatures],
    }


def _grown(work: Work, settings: dict[str, Any], before: dict[str, Any] | None) -> tuple[Work, dict[str, Any]]:
    n = max(work.n, int((before or {}).get("n", 1)))
    return replace(work, n=n), settings | {"n": n}


def _manifest(
    options: RunOptions, settings: dict[str, Any], selection: Any, handler: Handler, engine: Engine
) -> dict[str, Any]:
    source = handler.hub_source(selection) if selection.dataset_path is None else None
    return {
        "settings": settings,
        "command": options.command,
        "started": _now(),
        "selection": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(selection).items()},
        "dataset": {"id": source.id, "revision": source.revision} if source else {"path": str(selection.dataset_path)},
        "engine": engine.describe(),
        "python": platform.python_version(),
        "git_commit": _git_commit(),
    }


def _write_usage(path: Path, outcome: Outcome, seconds: float) -> None:
    count = max(outcome.tally.total.total, 1)
    write_json(
        path.parent / "token_usage" / path.name,
        {
            "completion_tokens": outcome.completion_tokens,
            "prompt_tokens": outcome.prompt_tokens,
            "avg_completion_tokens": round(outcome.completion_tokens / count, 3),
            "avg_prompt_tokens": round(outcome.prompt_tokens / count, 3),
            "responses": outcome.tally.total.total,
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


def _identity(model: str) -> str:
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def _git_commit() -> str | None:
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _list(temperatures: list[float]) -> str:
    return "temperature " + ", ".join(temperature_label(t) for t in temperatures)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
