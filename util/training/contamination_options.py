"""Options of decontamination."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ContaminationOptions:
    """questions: returns the (benchmark, question) pairs to remove from the training data."""

    questions: Callable[[], Iterable[tuple[str, str]]] | None = None
