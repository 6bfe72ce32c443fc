"""Options of what is dropped from the training data for its own sake, and where that is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import fraction
from util.system.options import option


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """near_duplicates: Jaccard threshold, None keeps near-duplicates. rejected: None records nothing."""

    near_duplicates: float | None = option(
        "drop a problem whose question is at least this similar to an earlier one (Jaccard); problems that differ "
        "in their numbers are kept",
        default=0.9, type=fraction, metavar="J",
    )  # fmt: skip
    rejected: Path | None = option(
        "write each right response that is dropped to this file, as a line of JSON with the stage and the reason",
        type=Path,
        metavar="FILE",
    )
