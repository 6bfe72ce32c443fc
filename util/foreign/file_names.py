"""What the names of files and folders tell: the model, the task, the number of a sample."""

from __future__ import annotations

import re
from pathlib import Path

_TIME = re.compile(r"[_-]\d{4}-?\d\d-?\d\d[T_]?\d\d.*$|[_-]\d{8}_\d{6}.*$")
_OF_TOOLS = frozenset(
    ("results", "outputs", "output", "predictions", "reviews", "details", "samples", "eval", "logs", ".")
)


def stem(path: Path) -> str:
    """The file's name without its endings and without a time at its end.

    >>> stem(Path("samples_gsm8k_2026-11-26T20-04-45.895347.jsonl")), stem(Path("a/output-rs3.jsonl"))
    ('samples_gsm8k', 'output-rs3')
    """
    name = path.name
    for ending in (".gz", ".jsonl", ".json", ".parquet", ".csv", ".eval"):
        name = name.removesuffix(ending)
    return _TIME.sub("", name)


def model_of(path: Path, *, up: int = 1) -> str:
    """The name of the folder ``up`` levels above, or "" where it names no model."""
    name = path.absolute().parents[up - 1].name
    return "" if name.lower() in _OF_TOOLS else name.replace("__", "/")


def seed_of(path: Path) -> str:
    """The number of the sample in a file's name such as output-rs3.jsonl, or ""."""
    found = re.search(r"-(?:rs|seed)(\d+)", path.name)
    return found[1] if found else ""
