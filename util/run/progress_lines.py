"""The progress as plain lines, for logs and for terminals that cannot move their cursor."""

from __future__ import annotations

import sys
import time

from util.run.standing import Standing, span
from util.system.characters import printable
from util.system.terminal_text import columns_of, shortened

EVERY_SECONDS = 30.0
SHORT_NAME = 14
"""Columns that a name has at least in ``ending``."""


class PlainLines:
    """See ``progress.Display``."""

    def __init__(self, standing: Standing) -> None:
        self._next = standing.began + EVERY_SECONDS

    def show(self, standing: Standing) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            print(line(standing), file=sys.stderr, flush=True)

    def close(self, standing: Standing) -> None:
        if standing.fresh:
            print(line(standing, ended=True), file=sys.stderr, flush=True)


def ending(standing: Standing, columns: int) -> str:
    """The end of a run in a line of a terminal: what matters least is left out where it does not fit."""
    name = printable(standing.label).replace("\n", " ")
    parts = [f"{standing.done} of {standing.total} {standing.unit}s", span(standing.seconds)]
    parts += [each for each in (standing.money(), *standing.shares(), standing.speed()) if each]
    kept: list[str] = []
    for part in parts:
        if columns_of(", ".join([*kept, part])) + SHORT_NAME + 2 <= columns:
            kept.append(part)
    text = ", ".join(kept)
    return shortened(f"{shortened(name, max(SHORT_NAME, columns - columns_of(text) - 2))}: {text}", columns)


def line(standing: Standing, *, ended: bool = False) -> str:
    """The standing in a line. ended: the run has, so that nothing is left."""
    parts = [f"{standing.done} of {standing.total} {standing.unit}s", *standing.shares()]
    if not ended and standing.in_flight:
        parts.append(f"{standing.in_flight} in flight")
    parts += [standing.speed(), standing.money(limit=True), span(standing.seconds)]
    if not ended and standing.seconds_left is not None:
        parts.append(f"about {span(standing.seconds_left)} left")
    return printable(f"{standing.label}: {', '.join(filter(None, parts))}").replace("\n", " ")
