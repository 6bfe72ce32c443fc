"""``--log-to``: scores in Trackio or Weights & Biases, which have the same calls."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from util.report.score_records import Record
from util.run.output_options import TrackerChoice
from util.system.characters import printable
from util.system.errors import UserError
from util.system.redaction import redacted


@dataclass(frozen=True)
class Tracker:
    """module: the imported package."""

    module: Any
    choice: TrackerChoice


def tracker(choice: TrackerChoice | None) -> Tracker | None:
    """Import the package, before anything is computed.

    Raises:
        UserError: it is not installed, or cannot be imported.
    """
    if choice is None:
        return None
    try:
        return Tracker(import_module(choice.name), choice)
    except ModuleNotFoundError as error:
        raise UserError(
            f"--log-to {choice.name}: the package {error.name!r} is not installed. Run: pip install {choice.name}"
        ) from error


def logged(to: Tracker, records: list[Record]) -> bool:
    """Log a run's records as one run of the tracker; tell and return False if that fails. The scores' files are written before.

    Any exception of the tracker is told: it must not end an evaluation whose results are there. So is a UserWarning, which is
    how Trackio says that it could not store something.
    """
    metrics = dict(_metrics(records))
    if not metrics:
        print(f"error: --log-to {to.choice.name}: no score to log", file=sys.stderr)
        return False
    settings = {record["benchmark"]: record.get("settings") or {} for record in records}
    model = str(records[-1].get("model"))
    try:
        # Standard output is the scores'.
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            to.module.init(
                project=to.choice.project,
                name=f"{model.replace('/', '_')} {records[-1].get('date', '')}".strip(),
                config={"model": model, "benchmarks": settings, "versions": records[-1].get("versions") or {}},
            )
            to.module.log(metrics)
            to.module.finish()
    except Exception as error:  # of any kind: it is another package's
        return _failed(to, redacted(f"{type(error).__name__}: {error}"))
    if doubts := [redacted(str(each.message)) for each in told if each.category is UserWarning]:
        return _failed(to, " ".join(doubts))
    print(printable(f"logged to {to.choice.name}, project {to.choice.project}: {len(metrics)} values"), file=sys.stderr)
    return True


def _failed(to: Tracker, reason: str) -> bool:
    text = f"error: --log-to {to.choice.name} failed: {reason} The scores are in --output-file; rerun to log them."
    print(printable(text), file=sys.stderr)
    return False


def _metrics(records: list[Record]) -> Iterator[tuple[str, float]]:
    """``AIME/pass@1``, its bounds and the shares of other outcomes; with the temperature where a benchmark has several."""
    for record in records:
        metrics, counts = record.get("metrics") or {}, record.get("by_temperature") or {}
        for label, each in metrics.items():
            name = record["benchmark"] if len(metrics) == 1 else f"{record['benchmark']}, temperature {label}"
            for metric, (value, low, high) in each.items():
                yield f"{name}/{metric}", value
                yield f"{name}/{metric} low", low
                yield f"{name}/{metric} high", high
            found = counts.get(label) or {}
            for outcome in ("truncated", "not_judged", "failed"):
                if found.get("responses"):
                    yield f"{name}/{outcome}", found[outcome] / found["responses"]
