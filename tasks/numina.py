"""NUMINA: NuminaMath-CoT problems, filtered by source and labelled difficulty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from tasks.math import MathTask
from util.answers.extract import last_boxed
from util.hub import SOURCES, hub_rows, local_rows
from util.records import Row
from util.system.characters import whole
from util.system.errors import UserError
from util.task import Selection

LABELS = SOURCES["NUMINA labels"]

DEFAULT_BOUNDS = {"math": (4.0, 9.0), "amc_aime": (1.0, 9.0), "olympiads": (9.0, 9.0)}
"""Inclusive bounds that Sky-T1 used, by source."""


class NuminaTask(MathTask):
    r"""NuminaMath-CoT, by source and difficulty. The gold answer is the last box of the solution.

    A row::

        {"source": "olympiads", "problem": "What is 6 * 7?", "solution": "It is $\\boxed{42}$."}
    """

    name = "NUMINA"
    version = 1
    hub = SOURCES["NUMINA"]
    required = ("problem", "solution")
    texts = ("solution",)
    default_split = "train"
    default_temperature = 0.7
    source_field = "source"

    def gold(self, row: Row) -> str | None:
        return last_boxed(row["solution"])

    def filtered(self, rows: Iterable[Row], selection: Selection) -> Iterator[Row]:
        """Rows whose solution has a boxed answer and whose difficulty is within bounds."""
        bounds = difficulty_bounds(selection)
        labels: dict[str, float] | None = None
        for row in rows:
            if "boxed" not in row["solution"]:
                continue
            if bounds is not None:
                level = _own_label(row) if selection.labels is None else None
                if level is None:
                    labels = difficulty_labels(selection) if labels is None else labels
                    level = labels.get(whole(row["problem"]))
                if level is None or not bounds[0] <= level <= bounds[1]:
                    continue
            yield row


def difficulty_bounds(selection: Selection) -> tuple[float, float] | None:
    """The inclusive bounds of a selection, or None if difficulty does not matter."""
    if selection.lower is None and selection.upper is None:
        if not selection.filter_difficulty:
            return None
        return DEFAULT_BOUNDS.get(selection.source, (1.0, 10.0))
    lower = 1.0 if selection.lower is None else selection.lower
    upper = 10.0 if selection.upper is None else selection.upper
    return lower, upper


def difficulty_labels(selection: Selection) -> dict[str, float]:
    """``_labels`` of this selection, read once."""
    return _labels(selection.labels)


@lru_cache(maxsize=1)
def _labels(path: Path | None) -> dict[str, float]:
    """Problem -> difficulty, from --difficulty-labels or from the published labels.

    Unparsed labels (-1) are left out.

    Raises:
        UserError: the labels can neither be read nor loaded.
    """
    if path is not None:
        rows: Iterable[Row] = local_rows(path, "train", option="--difficulty-labels")
    else:
        try:
            rows = hub_rows(LABELS, "train")
        except UserError as error:
            raise UserError(
                "The difficulty filter needs difficulty labels, and the rows have no field "
                f"'gpt_difficulty_parsed'. {error} Or make labels with label_math_difficulty.py and give "
                "them with --difficulty-labels FILE."
            ) from error
    found = ((row.get("problem"), _own_label(row)) for row in rows)
    return {whole(problem): level for problem, level in found if problem and level is not None}


def _own_label(row: Row) -> float | None:
    try:
        level = float(row.get("gpt_difficulty_parsed"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return level if level >= 0 else None


__all__ = ["DEFAULT_BOUNDS", "LABELS", "NuminaTask", "difficulty_bounds"]
