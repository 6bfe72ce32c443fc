"""The progress as a panel of lines, drawn with rich and kept at the end of what a terminal shows."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from util.run.progress_bar import drawing
from util.run.progress_lines import ending
from util.run.standing import Standing, dollars, span
from util.system.characters import printable
from util.system.streams import SCREEN
from util.system.terminal_text import COLUMNS, columns_of, shortened, terminal_size

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDEST = COLUMNS
MOST_OF_ENGINE = 4
"""Lines about keys, servers or replicas."""


class Panel:
    """See ``progress.Display``. It is drawn again in its place, and goes away for every text that something else prints."""

    def __init__(self, standing: Standing) -> None:
        self._widths: list[int] = []
        """Columns of the lines that the terminal shows."""
        SCREEN.hide = self._hide
        self._out = drawing()
        self.show(standing)

    def show(self, standing: Standing) -> None:
        if SCREEN.line_open:
            return
        columns, rows = terminal_size(sys.stderr)
        lines = drawn(standing, min(columns, WIDEST), self._out)[: max(1, rows - 1)]
        self._out.write(self._back(columns) + "".join(f"{each}\n" for each in lines))
        self._out.flush()
        self._widths = [min(columns, WIDEST)] * len(lines)

    def close(self, standing: Standing) -> None:
        """Leave one line in the place of the panel."""
        self._hide()
        SCREEN.hide = None
        columns = terminal_size(sys.stderr)[0]
        print(ending(standing, columns - 1), file=sys.stderr, flush=True)

    def _hide(self) -> None:
        if self._widths:
            self._out.write(self._back(terminal_size(sys.stderr)[0]))
            self._out.flush()
            self._widths = []

    def _back(self, columns: int) -> str:
        """To the panel's first line, and everything from there erased. A line is several in a terminal made narrower."""
        rows = sum(max(1, -(-width // columns)) for width in self._widths)
        return f"\x1b[{rows}A\r\x1b[J" if rows else ""


def drawn(standing: Standing, columns: int, out: Any) -> list[str]:
    """The lines of the panel. out: where they are shown, which decides colours and signs."""
    from rich.console import Console
    from rich.panel import Panel as Frame
    from rich.table import Table
    from rich.text import Text

    plain = "NO_COLOR" in os.environ
    console = Console(file=out, width=columns, force_terminal=True, no_color=plain, highlight=False, markup=False)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, style="" if plain else "dim", width=9)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    inner = max(10, columns - 14)
    for name, value in rows(standing, inner, ascii_only=console.options.ascii_only):
        table.add_row(Text(name), Text(value, overflow="ellipsis", no_wrap=True))
    title = shortened(printable(standing.label).replace("\n", " "), max(4, columns - 8))
    body: RenderableType = Frame(
        table, title=Text(title, style="" if plain else "bold"), title_align="left", width=columns, padding=(0, 1)
    )
    with console.capture() as captured:
        console.print(body)
    return captured.get().splitlines()


def rows(standing: Standing, columns: int, *, ascii_only: bool = False) -> list[tuple[str, str]]:
    """(name, text) of each line of the panel. columns: for the text. ascii_only: the terminal has no other signs."""
    found = [("done", _done(standing, columns, ascii_only))]
    if standing.judged:
        low, high = standing.interval()
        share = f"{standing.right / standing.judged:.1%}"
        found.append(
            ("right", f"{standing.right} of {standing.judged} judged: {share}, 95 % interval {low:.1%} to {high:.1%}")
        )
    if standing.unit != "verdict":
        counts = (
            f"{standing.truncated}{_share(standing.truncated, standing)}, failed {standing.failed}"
            f"{_share(standing.failed, standing)}, in flight {standing.in_flight}"
        )
        found.append(("truncated", counts))
    left = f"about {span(standing.seconds_left)} left" if standing.seconds_left is not None else "time left unknown"
    found.append(("time", f"{span(standing.seconds)}, {left}"))
    if standing.tokens:
        found[-1] = ("time", f"{found[-1][1]}, {standing.speed().replace('tok/s', 'tokens/s')}")
    if cost := _cost(standing):
        found.append(("spent", cost))
    for text in standing.engine[:MOST_OF_ENGINE]:
        name, _, state = printable(text).replace("\n", " ").partition(": ")
        found.append((name, state))
    if more := len(standing.engine) - MOST_OF_ENGINE:
        found += [("", f"and {more} more")] if more > 0 else []
    return [(name, shortened(text, columns)) for name, text in found]


def _done(standing: Standing, columns: int, ascii_only: bool) -> str:
    share = standing.done / standing.total if standing.total else 1.0
    counts = f"{standing.done} of {standing.total} {standing.unit}s, {share:.0%}"
    room = columns - columns_of(counts) - 2
    if room < 8:
        return counts
    full = round(room * min(1.0, share))
    return f"{counts}  {('#' if ascii_only else '━') * full}{('.' if ascii_only else '─') * (room - full)}"


def _share(count: int, standing: Standing) -> str:
    return f" ({count / standing.fresh:.1%})" if count else ""


def _cost(standing: Standing) -> str:
    outlay = standing.outlay
    if outlay is None:
        return ""
    if outlay.spent is None:
        return f"{outlay.tokens:,} tokens; price unknown"
    parts = [dollars(outlay.spent)]
    parts.append(f"about {dollars(outlay.projected)} in all" if outlay.projected is not None else "total not known yet")
    if outlay.others:
        parts.append(f"{dollars(outlay.others)} for others before")
    if outlay.before:
        parts.append(f"{dollars(outlay.before)} before in this folder")
    if outlay.limit is not None:
        parts.append(f"limit {dollars(outlay.limit)}")
    return ", ".join(parts)
