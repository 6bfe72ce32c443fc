"""What a score depends on, for the details beside ``--output-file``: settings, versions, counts by temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from util.metrics.intervals import Estimate
from util.metrics.tally import Tally
from util.records import temperature_label
from util.results.manifest import generating_run, runs_of
from util.run.console import FinishedRun
from util.run.cutoff import by_date
from util.run.ending import SHOWN
from util.run.options import RunOptions

SETTINGS = (
    "n", "temperatures", "top_p", "max_tokens", "thinking_budget", "seed", "sampling_args", "chat_template_args", "prompt_hash",
    "rows", "few_shot",
)  # fmt: skip
RARE_SETTINGS = ("engine_args", "request_args", "lora", "chat_template", "reasoning_parser")
"""Told where they are set."""


def run_facts(path: Path, tally: Tally) -> dict[str, Any]:
    """Facts of a result file; its journal tells settings and versions, so that a file without one has none."""
    run = generating_run(list(runs_of(path)))
    settings = run.get("settings", {})
    return {
        "settings": {name: settings[name] for name in SETTINGS if name in settings}
        | {name: settings[name] for name in RARE_SETTINGS if settings.get(name)},
        "selection": run.get("selection", {}),
        "dataset": run.get("dataset", {}),
        "backend": run.get("engine", {}).get("backend"),
        "command": run.get("command", ""),
        "versions": run.get("versions", {}),
        "git_commit": run.get("git_commit"),
        "by_temperature": {
            temperature_label(temperature): {
                "responses": counts.total,
                "right": counts.right,
                "truncated": counts.truncated,
                "not_judged": counts.unjudged,
                "failed": counts.failed,
            }
            for temperature, counts in ((each, tally.by_temperature[each]) for each in tally.temperatures)
        },
    }


def settings_of(options: RunOptions) -> dict[str, Any]:
    """The settings of a run that has no file yet, as far as the command gives them."""
    sampling = options.sampling
    return {
        "n": sampling.n,
        "temperatures": [temperature_label(each) for each in sampling.temperatures],
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "thinking_budget": sampling.thinking_budget,
        "seed": sampling.seed,
    }


def record_of(run: FinishedRun) -> dict[str, Any]:
    """Counts, and all metrics with their intervals by temperature; without a score the reason instead of metrics."""
    tally, reasons = run.tally, run.outcome.reasons[:SHOWN]
    metrics = {
        temperature_label(temperature): {name: _rounded(e, 4) for name, e in tally.metrics(temperature).items()}
        for temperature in tally.temperatures
    }
    found = {"benchmark": run.name, "model": run.model, "score": run.score, "date": run.date, **vars(tally.total)}
    found |= {"problems": tally.problems, "metrics": metrics}
    if tally.thinks:
        found["thinking_tokens"] = {temperature_label(t): _rounded(tally.thinking(t), 1) for t in tally.temperatures}
    if tally.judge.models:
        found["with_judge"] = tally.judge.fields()
    found |= run_facts(run.path, tally)
    if run.summary.precision is not None:
        told = run.summary.precision.fields()
        found["target_halfwidth"] = told | {"reached": told["reached"] and run.no_score is None}
    if run.splits:
        found["by_date"] = {temperature_label(each.temperature): by_date(each) for each in run.splits}
    found["result_file"] = str(run.path)
    if run.no_score is not None:
        found |= {"metrics": {}, "reason": run.no_score, "error": reasons[0].example if reasons else ""}
    if reasons:
        found["reasons"] = [{"count": r.count, "kind": r.cause.value, "example": r.example} for r in reasons]
    return found


def _rounded(estimate: Estimate, digits: int) -> list[float]:
    return [round(value, digits) for value in (estimate.value, estimate.low, estimate.high)]
