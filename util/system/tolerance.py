"""The option that says how many responses may fail."""

from __future__ import annotations

from dataclasses import dataclass

from util.system.arguments import share_or_percent
from util.system.options import option

MAX_FAILED = 0.05


@dataclass(frozen=True)
class ToleranceOptions:
    """max_failed: a share from 0 to 1."""

    max_failed: float = option(
        "share of the responses that may fail or lack a verdict, such as 0.05 or 5%%; with more, no score is written "
        "and the exit status is 1",
        default=MAX_FAILED, type=share_or_percent, metavar="SHARE",
    )  # fmt: skip
