"""Read manifests: the records that runs wrote about themselves.

A manifest is a journal line (type "manifest" for the first run, "run" for later ones) with the settings,
the command, the selection, the origin of the dataset, the engine and the versions.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.results.journal_lines import DamagedLineError, record_of
from util.results.paths import ResultPaths, dataset_in_name

Manifest = dict[str, Any]


def runs_of(path: Path) -> Iterator[Manifest]:
    """The manifests in the journal of a result file; for a converted file, those of its original come first."""
    paths = ResultPaths(path)
    for each in [paths.original, paths] if paths.is_converted else [paths]:
        if not each.journal.exists():
            continue
        with each.journal.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.startswith((b'{"type": "manifest"', b'{"type": "run"')) and line.endswith(b"\n"):
                    try:
                        yield record_of(line)
                    except DamagedLineError as error:
                        print(f"{each.journal}, line {number}: skipped a damaged manifest: {error}", file=sys.stderr)


def generating_run(runs: Sequence[Manifest]) -> Manifest:
    """The last run that generated responses; else the last one with settings; else an empty manifest."""
    known = [run for run in runs if "dataset" in run.get("settings", {})]
    generated = [run for run in known if run.get("engine", {}).get("backend", "none") != "none"]
    return (generated or known or [{}])[-1]


@dataclass(frozen=True)
class ExpectedResponses:
    """What a run makes. per_temperature: responses at each temperature. at_most: the run ends earlier where it knows enough."""

    problems: int
    temperatures: tuple[float, ...]
    per_temperature: int
    at_most: bool = False

    @property
    def total(self) -> int:
        return self.per_temperature * len(self.temperatures)


def expected_responses(manifest: Manifest) -> ExpectedResponses | None:
    """How many responses a run makes; None where its manifest does not tell."""
    settings = manifest.get("settings", {})
    rows = re.match(r"(\d+) problems", str(settings.get("rows", "")))
    n, labels = settings.get("n"), settings.get("temperatures")
    if rows is None or not isinstance(n, int) or not isinstance(labels, list):
        return None
    try:
        temperatures = tuple(float(label) for label in labels)
    except (TypeError, ValueError):
        return None
    most, until = n, manifest.get("until_decided")
    if isinstance(until, dict) and isinstance(until.get("n_max"), int):
        most = max(n, until["n_max"])
    return ExpectedResponses(int(rows[1]), temperatures, int(rows[1]) * most, until is not None)


def dataset_of(path: Path, datasets: Iterable[str]) -> str:
    """The dataset of a result file, from its manifest; without a manifest, from its name.

    datasets: known names, for files without a manifest.
    """
    found = generating_run(list(runs_of(path))).get("settings", {}).get("dataset")
    return str(found) if found else dataset_in_name(path, datasets)
