"""The progress of a run on standard error: a panel, a bar or plain lines, with the running accuracy and cost."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Protocol, TypeVar

from util.engines.base import Engine, Paid, Reporting
from util.run.display_options import BAR, PANEL, PLAIN, wanted
from util.run.standing import Standing
from util.system.messages import is_quiet
from util.system.noise import bound_log

TICK_SECONDS = 0.5
"""Between two looks of a display at a run."""

_T = TypeVar("_T")


class Display(Protocol):
    """Shows how far a run is; decides itself how often."""

    def show(self, standing: Standing) -> None: ...

    def close(self, standing: Standing) -> None:
        """Show the end."""


class Progress:
    """Counts the completions of a run (its verdicts if nothing is generated), and shows them on standard error."""

    def __init__(self, label: str, total: int, done: int, *, unit: str = "response", samples: int = 1) -> None:
        """samples: responses per problem."""
        self._verdicts_only = unit == "verdict"
        self.standing = Standing(label, total, done, unit, samples)
        self._engine: Engine | None = None
        self._looked = 0.0
        self._display = _display(self.standing)

    def taking(self, requests: Iterable[_T]) -> Iterator[_T]:
        """The requests, counted as they are taken."""
        for request in requests:
            self.standing.taken += 1
            yield request

    def generated(self, tokens: int, *, truncated: bool = False, failed: bool = False) -> None:
        """A completion has come. tokens: that this run has made of it."""
        standing = self.standing
        standing.tokens += tokens
        standing.truncated += truncated
        standing.failed += failed
        standing.done += 1
        standing.fresh += 1
        self._show()

    def judged(self, correct: bool | None, *, earlier: bool = False) -> None:
        standing = self.standing
        standing.judged += 1
        standing.right += correct is True
        if self._verdicts_only and not earlier:
            standing.done += 1
            standing.fresh += 1
        self._show()

    def spared(self, responses: int) -> None:
        """Take responses that are not needed out of the total."""
        self.standing.total -= responses
        self._show()

    def watch(self, engine: Engine) -> None:
        """Show also what the engine spends, and in what state it is."""
        self._engine = engine

    @contextlib.asynccontextmanager
    async def live(self) -> AsyncGenerator[None, None]:
        """Show the time that passes, also while nothing is finished."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    def close(self) -> None:
        self._look()
        self._display.close(self.standing)

    async def _tick(self) -> None:
        while True:
            self._show()
            bound_log()
            await asyncio.sleep(TICK_SECONDS)

    def _show(self) -> None:
        if time.monotonic() - self._looked >= TICK_SECONDS:
            self._look()
            self._display.show(self.standing)

    def _look(self) -> None:
        """What the engine says now."""
        self._looked, standing = time.monotonic(), self.standing
        if isinstance(self._engine, Paid):
            standing.outlay = self._engine.budget.outlay(max(0, standing.total - standing.done))
        if isinstance(self._engine, Reporting):
            standing.engine = self._engine.state()


class _Nothing:
    """The display of a quiet run."""

    def show(self, standing: Standing) -> None:
        """Nothing."""

    close = show


def mode() -> str:
    """The display for this process: what the command names, else what suits standard error."""
    given, terminal = wanted(), sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if given is not None and (terminal or given == PLAIN):
        return given
    if not terminal:
        return PLAIN
    # A notebook runs commands in a terminal of one line.
    return BAR if "JPY_PARENT_PID" in os.environ or importlib.util.find_spec("rich") is None else PANEL


_told_of_rich = False


def _display(standing: Standing) -> Display:
    global _told_of_rich
    if is_quiet():
        return _Nothing()
    found = mode()
    if found == PANEL and importlib.util.find_spec("rich") is None:
        found = BAR
        if not _told_of_rich:
            print("note: --progress panel needs the package rich (pip install rich); here is the bar", file=sys.stderr)
            _told_of_rich = True
    if found == PANEL:
        from util.run.progress_panel import Panel

        return Panel(standing)
    if found == BAR:
        from util.run.progress_bar import Bar

        return Bar(standing)
    from util.run.progress_lines import PlainLines

    return PlainLines(standing)
