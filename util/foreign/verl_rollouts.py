"""verl: rollouts and validations dumped as JSON lines (``trainer.rollout_data_dir``, ``validation_data_dir``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from util.foreign.file_names import model_of
from util.foreign.foreign_values import score_of
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row


def knows(row: Row) -> bool:
    return "input" in row and "output" in row and "score" in row and ("gts" in row or "step" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """One line per rollout; ``acc`` is taken where the reward function gives it, else ``score``."""
    for _, row in read_file(path):
        name = "acc" if row.get("acc") is not None else "score"
        gold = row.get("gts")
        yield ForeignSample(
            model=model_of(path, up=2),
            task=model_of(path),
            grader=name,
            problem=str(row["input"]),
            question=str(row["input"]),
            response=str(row["output"]),
            gold=None if gold is None else str(gold),
            score=score_of(row[name]),
            answer=None if row.get("pred") is None else str(row["pred"]),
            row=without(row, "input", "output", "gts"),
        )
