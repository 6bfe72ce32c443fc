"""Options of decontamination."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ContaminationOptions:
    """questions: returns the (benchmark, question) pairs to remove from the training data; of a choice also its options,
    as a third text."""

    questions: Callable[[], Iterable[tuple[str, ...]]] | None = None
