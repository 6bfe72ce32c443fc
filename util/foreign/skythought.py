"""Sky-T1's result files, which are also those of this suite: an object from problem to row and responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.file_names import stem
from util.foreign.sample import ForeignSample
from util.records import temperature_label
from util.results.json_file import read_results
from util.results.manifest import runs_of

_GOLDS = ("answer", "Correct Answer", "gold", "solution")


def read(path: Path) -> Iterator[ForeignSample]:
    """One sample per response; the row stays whole, so that our own task can judge it."""
    settings: dict[str, Any] = next((run.get("settings", {}) for run in reversed(list(runs_of(path)))), {})
    several = len({label for entry in read_results(path) for label in entry.responses}) > 1
    for entry in read_results(path):
        gold = next((entry.row[name] for name in _GOLDS if entry.row.get(name) is not None), None)
        choices = entry.row.get("choices") or entry.row.get("options")
        for sample, response in entry.samples():
            correct = response.correct
            yield ForeignSample(
                model=str(settings.get("model") or stem(path)),
                task=str(settings.get("dataset") or ""),
                grader=f"temperature {temperature_label(sample.temperature)}" if several else "",
                problem=entry.key,
                question=entry.question,
                response=response.content,
                gold=gold
                if isinstance(gold, int) and not isinstance(gold, bool)
                else None
                if gold is None
                else str(gold),
                choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
                score=None if correct is None else float(correct),
                finish_reason=response.finish_reason,
                row=entry.row,
            )
