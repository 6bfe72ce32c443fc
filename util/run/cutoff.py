"""``--cutoff DATE``: results split by when the problems were published."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from util.metrics.date_split import DateSplit, Period, split_by_date
from util.records import Row
from util.results.json_file import read_results
from util.run.console import FinishedRun
from util.system.errors import UserError
from util.system.messages import tell

DateSplitter = Callable[[FinishedRun], list[DateSplit]]
Dated = Mapping[str, Callable[[Row], Period | None]]
"""Benchmark -> when a row's problem was published."""


def splitter(cutoff: date | None, names: Sequence[str], dated: Dated) -> DateSplitter | None:
    """What splits the results of each benchmark; None without a cutoff. Says which benchmarks cannot be split.

    Raises:
        UserError: none of them has dates.
    """
    if cutoff is None:
        return None
    without = [name for name in names if _benchmark(name) not in dated]
    if len(without) == len(names):
        raise UserError(
            f"--cutoff: the problems of {', '.join(without)} have no dates. Those of {', '.join(dated)} have: add one of "
            "them to --evals, or leave --cutoff out."
        )
    if without:
        tell(f"note: --cutoff does not split {', '.join(without)}: its problems have no dates")

    def split(run: FinishedRun) -> list[DateSplit]:
        period = dated.get(_benchmark(run.name))
        return split_by_date(read_results(run.path), period, cutoff) if period is not None else []

    return split


def _benchmark(name: str) -> str:
    """The benchmark of a part or a thinking budget: "AIME:year=2023" and "AIME, thinking budget 1000" are of AIME."""
    return re.split(r"[:,]", name, maxsplit=1)[0]


def by_date(split: DateSplit) -> dict[str, Any]:
    """A split for the details beside ``--output-file``."""
    metrics = {
        name: {
            "value": [round(value, 4) for value in (each.value, each.low, each.high)],
            "problems": problems,
            "responses": responses,
        }
        for name, each, problems, responses in split.metrics()
    }
    return {"cutoff": str(split.cutoff), "metrics": metrics, "undated_problems": split.undated}
