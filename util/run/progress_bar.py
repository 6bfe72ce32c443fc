"""The progress as tqdm's bar, in one line that never loses the cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from util.run.standing import Standing
from util.system.characters import printable
from util.system.streams import SCREEN, Stream
from util.system.terminal_text import COLUMNS, columns_of, shortened

LEAST_BAR = 4
SHORT_LABEL = 10


class Bar:
    """See ``progress.Display``."""

    def __init__(self, standing: Standing) -> None:
        self._bar = _Line(standing)
        SCREEN.hide = lambda: self._bar.clear(nolock=True)

    def show(self, standing: Standing) -> None:
        self._bar.total = standing.total
        if standing.done != self._bar.n:
            self._bar.update(standing.done - self._bar.n)
        elif not SCREEN.line_open:
            self._bar.refresh()

    def close(self, standing: Standing) -> None:
        self.show(standing)
        SCREEN.hide = None
        self._bar.close()


class _Line(tqdm):  # type: ignore[type-arg]
    """A bar whose text fits the terminal: what matters least is left out first."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        super().__init__(
            total=standing.total, initial=standing.done, unit=standing.unit, file=drawing(), dynamic_ncols=True,
            mininterval=0.5,
        )  # fmt: skip

    def __str__(self) -> str:
        known = dict(self.format_dict)
        columns = known["ncols"] or COLUMNS
        room = columns - LEAST_BAR
        for layout in layouts(self._standing):
            known["bar_format"] = layout
            if columns_of(self.format_meter(**known | {"bar_format": layout.replace("{bar}", "")})) <= room:
                break
        return str(self.format_meter(**known | {"ncols": columns}))


def layouts(standing: Standing) -> Iterator[str]:
    """tqdm's bar formats, from the longest to the shortest; the cost is in all of them."""
    name = printable(standing.label).replace("\n", " ")
    money, speed = standing.money(), standing.speed()
    accuracy = [f"acc {standing.right / standing.judged:.3f}"] if standing.judged else []
    shares, cost = standing.shares(), [money] if money else []
    rate, times = "{rate_fmt}", "{elapsed}<{remaining}"
    speeds = [speed] if speed else []
    counted = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}"
    for details in (
        [times, rate, *shares, *speeds, *cost],
        [times, *shares, *speeds, *cost],
        [times, *accuracy, *speeds, *cost],
        [times, *accuracy, *cost],
    ):
        yield _layout(name, counted, details)
    short = shortened(name, SHORT_LABEL)
    for details in ([times, *accuracy, *cost], ["{remaining}", *accuracy, *cost], ["{remaining}", *cost]):
        yield _layout(short, counted, details)
    yield _layout("", "{bar}{n_fmt}/{total_fmt}", cost or ["{remaining}"])


def _layout(name: str, counted: str, details: list[str]) -> str:
    plain = name.replace("{", "{{").replace("}", "}}")
    return f"{plain}: {counted} [{', '.join(details)}]" if plain else f"{counted} [{', '.join(details)}]"


class _Drawing:
    """Standard error for a picture: what is written is a part of it, and does not hide it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.draw(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def drawing() -> Any:
    """Standard error, to draw on."""
    return _Drawing(sys.stderr) if isinstance(sys.stderr, Stream) else sys.stderr
