"""TRL and open-r1: completions that a GRPO trainer logs (Parquet or JSON lines), a column per reward function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from util.foreign.file_names import model_of
from util.foreign.foreign_values import asked, best_score, conversation
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row

GOLDS = ("answer", "solution", "ground_truth", "expected_answer", "gold", "target")
_OTHER = ("step", "advantage", "advantages", "prompt", "completion")


def knows(row: Row) -> bool:
    return "prompt" in row and "completion" in row and ("step" in row or "advantage" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """One row per completion. The reward whose name speaks of correctness is taken as the score."""
    for _, row in read_file(path):
        turns = conversation(row["completion"])
        rewards = {name: value for name, value in row.items() if name not in (*_OTHER, *GOLDS)}
        name, score = best_score(rewards) or ("", None)
        question = asked(row["prompt"])
        gold = next((row[name] for name in GOLDS if row.get(name) is not None), None)
        yield ForeignSample(
            model=model_of(path, up=2),
            task=model_of(path),
            grader=name,
            problem=question,
            question=question,
            response=turns[-1][1] if turns else "",
            gold=None if gold is None else str(gold),
            score=score,
            row=without(row, "prompt", "completion"),
        )
