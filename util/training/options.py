"""Options of the training data: its inputs, selection and format."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import fraction, positive_int
from util.system.options import option

SELECTIONS = ("all", "first", "shortest", "longest")
REJECTED = ("longest", "incorrect", "both")
FORMATS = ("sharegpt", "messages", "preference")


@dataclass(frozen=True)
class DataOptions:
    """files: the converted result files. datasets: known names, for files without a manifest.

    max_per_problem: None means one, or all with select "all". near_duplicates: Jaccard threshold, None keeps
    near-duplicates. domains: of STILL-2 rows, None means all except code and math. questions: returns the
    (benchmark, question) pairs to remove from the training data.
    """

    files: list[Path]
    output: Path = option("file to write", type=Path, required=True)
    datasets: Collection[str] = ()
    form: str = option(
        "output format: sharegpt for LLaMA-Factory, messages or preference for TRL",
        default="sharegpt", flag="format", choices=FORMATS,
    )  # fmt: skip
    jsonl: bool = option("write one JSON object per line instead of a JSON list", default=False)
    select: str = option(
        "right responses to use per problem; length is in characters", default="all", choices=SELECTIONS
    )
    max_per_problem: int | None = option(
        "maximum responses per problem; default: all with --select all, else one",
        type=positive_int, metavar="N",
    )  # fmt: skip
    rejected: str = option(
        "rejected responses of preference pairs; the chosen one is the shortest right one",
        default="both",
        choices=REJECTED,
    )
    near_duplicates: float | None = option(
        "drop a problem whose question is at least this similar to an earlier one (Jaccard); problems that differ "
        "in their numbers are kept",
        default=0.9, type=fraction, metavar="J",
    )  # fmt: skip
    extra: Collection[Path] = option(
        "files to add: STILL-2 rows, ShareGPT or messages format", default=(), type=Path, nargs="+", metavar="FILE"
    )
    shuffle: bool = option("shuffle the rows", default=False)
    seed: int = option("random seed of --shuffle", default=0, type=int)
    dry_run: bool = option("print the counts, write nothing", default=False)
    domains: Collection[str] | None = None
    questions: Callable[[], Iterable[tuple[str, str]]] | None = None
