"""Where a response of the training data comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Where a response comes from. source: as in the funnel. sample: its index under its temperature; both are None for a
    row of an extra file, whose key is its place there."""

    file: str
    key: str
    temperature: float | None = None
    sample: int | None = None

    def __str__(self) -> str:
        where = (
            f", temperature {self.temperature}, sample {self.sample}" if self.sample is not None else f", {self.key}"
        )
        return self.file + where
