"""Drawing of the report's charts as inline SVG: no library, styled by assets/charts.css.

Coordinates across are percentages of the plot, those down are CSS pixels. So a chart fits any width, and its text keeps
its size on a phone. What is drawn is repeated as a table of numbers, which a screen reader can read and a user can copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from util.system.characters import whole

NARROW = 236
"""Width of a plot on a phone of 390 px, in CSS pixels: labels must fit there."""
CHARACTER = 7.0
"""Width of a character of a label, in CSS pixels: the widest digits of usual fonts at 12 px."""
GAP = 8
"""Smallest distance between two labels, in CSS pixels."""
HEIGHT = 190
MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "M-3.5 -3.5h7v7h-7z", "M0 -5L5 4H-5z", "M0 -5L5 0L0 5L-5 0z",
    "M-5 -1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z",
)  # fmt: skip
"""Circle, square, triangle, diamond, cross: a line is told by its mark as well as by its colour."""
DASHES = ("", "7 4", "2 4", "9 3 2 3", "5 2")


@dataclass(frozen=True)
class Scale:
    """A range of values on an axis; logarithmic if both ends are positive and ``log`` is set."""

    low: float
    high: float
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value in percent of the axis, from 0 to 100."""
        low, high, value = (math.log(max(each, 1e-9)) if self.log else each for each in (self.low, self.high, value))
        return 100 * min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 50.0


@dataclass(frozen=True)
class Tick:
    """A label of an axis. at: in percent."""

    at: float
    label: str


@dataclass(frozen=True)
class Point:
    """A value y (from 0 to 1) at x, with its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """A line of a chart. dashed: besides colour and mark, which follow from its place among the lines."""

    name: str
    points: Sequence[Point]


def text(value: str) -> str:
    """Foreign text as HTML."""
    return escape(whole(value))


def percent(share: float, digits: int = 1) -> str:
    """A share as text.

    >>> percent(0.625), percent(1.0), percent(0.5, 0)
    ('62.5%', '100.0%', '50%')
    """
    return f"{share:.{digits}%}"


def spaced(ticks: Sequence[Tick], width: float = NARROW) -> list[Tick]:
    """The ticks whose labels do not touch on a plot of this width; the first and the last stay, then the later ones.

    >>> [tick.label for tick in spaced([Tick(0, "1"), Tick(50, "8"), Tick(98, "100"), Tick(100, "110")])]
    ['1', '8', '110']
    """
    if not ticks:
        return []

    def fits(one: Tick, other: Tick) -> bool:
        distance = abs(one.at - other.at) / 100 * width
        return distance >= (len(one.label) + len(other.label)) / 2 * CHARACTER + GAP

    kept = [ticks[-1]]
    for tick in [ticks[0], *reversed(ticks[1:-1])]:
        if all(fits(tick, other) for other in kept):
            kept.append(tick)
    return sorted(kept, key=lambda tick: tick.at)


def log_ticks(scale: Scale) -> list[Tick]:
    """Round numbers on a logarithmic scale: 1, 2, 5 of each power of ten; where those are few, the ends as well."""
    numbers = [
        digit * 10**power
        for power in range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
        for digit in (1, 2, 5)
        if scale.low <= digit * 10**power <= scale.high
    ]
    if len(numbers) < 2:
        numbers = sorted({math.ceil(scale.low), *map(math.floor, (scale.high, *numbers))})
    return spaced([Tick(scale.at(number), short_number(number)) for number in numbers])


def linear_ticks(scale: Scale, most: int = 6) -> list[Tick]:
    """Round numbers on a linear scale, at most about ``most``."""
    raw = (scale.high - scale.low) / most
    power = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(scale.low / step)
    numbers = [step * number for number in range(first, math.floor(scale.high / step + 1e-9) + 1)]
    return spaced([Tick(scale.at(number), short_number(number)) for number in numbers])


def short_number(value: float) -> str:
    """A number of an axis.

    >>> short_number(800), short_number(20_000), short_number(1_500_000), short_number(0.25)
    ('800', '20k', '1.5M', '0.25')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * size or (value >= size and value % size == 0) or (unit == "M" and value >= size):
            return f"{value / size:.4g}{unit}"
    return f"{value:g}"


def plot(label: str, height: int, parts: Iterable[str], *, classes: str = "") -> str:
    """An SVG of a plot. label: for screen readers. height: without the axis' labels, in pixels."""
    return f'<svg class="plot {classes}" role="img" aria-label="{text(label)}" height="{height}">{"".join(parts)}</svg>'


def x_axis(ticks: Iterable[Tick], label: str, height: int, *, grid: bool = True) -> Iterator[str]:
    """Labels below the plot, and lines through it."""
    for tick in ticks:
        place = f"{tick.at:.2f}%"
        if grid:
            yield f'<line class="grid" x1="{place}" x2="{place}" y1="0" y2="{height}"/>'
        yield f'<text x="{place}" y="{height + 20}" text-anchor="middle">{text(tick.label)}</text>'
    yield f'<line class="axis" x1="0" x2="100%" y1="{height}" y2="{height}"/>'
    yield f'<text class="name" x="50%" y="{height + 38}" text-anchor="middle">{text(label)}</text>'


def share_axis(height: int) -> Iterator[str]:
    """0 to 100 % on the left."""
    for share in (0, 25, 50, 75, 100):
        y = height * (1 - share / 100)
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>'
        yield f'<text x="0" dx="-7" y="{y + 4:g}" text-anchor="end">{share}%</text>'


def mark(number: int, x: float, y: float, title: str) -> str:
    """The mark of a line at x (percent) and y (pixels). title: shown by a mouse."""
    return (
        f'<svg class="s{number}" x="{x:.2f}%" y="{y:.1f}" overflow="visible"><title>{text(title)}</title>'
        f'<path class="mark" d="{MARKS[number % len(MARKS)]}"/></svg>'
    )


def lines(label: str, series: Sequence[Series], scale: Scale, ticks: Sequence[Tick], axis: str) -> str:
    """Lines of shares with their intervals as bands, a legend, and the table of their numbers."""

    def parts() -> Iterator[str]:
        yield from x_axis(ticks, axis, HEIGHT)
        yield from share_axis(HEIGHT)
        yield f'<svg viewBox="0 0 100 {HEIGHT}" preserveAspectRatio="none" width="100%" height="{HEIGHT}">'
        for number, each in enumerate(series):
            yield from _line(number, each, scale)
        yield "</svg>"
        for number, each in enumerate(series):
            for point in each.points:
                title = f"{each.name}, {axis} {point.x:,.6g}: {_interval(point)}"
                yield mark(number % len(MARKS), scale.at(point.x), HEIGHT * (1 - point.y), title)

    rows = [[each.name, f"{p.x:,.6g}", percent(p.y), _interval(p, alone=True)] for each in series for p in each.points]
    numbers = number_table(["line", axis, "value", "95 % interval"], rows)
    return f"{plot(label, HEIGHT, parts())}{legend([each.name for each in series])}{numbers}"


def _line(number: int, series: Series, scale: Scale) -> Iterator[str]:
    kind, dash = number % len(MARKS), DASHES[number % len(DASHES)]
    upper = [(scale.at(p.x), HEIGHT * (1 - p.high)) for p in series.points]
    lower = [(scale.at(p.x), HEIGHT * (1 - p.low)) for p in reversed(series.points)]
    band = " ".join(f"{x:.2f},{y:.1f}" for x, y in (*upper, *lower))
    path = " ".join(f"{scale.at(p.x):.2f},{HEIGHT * (1 - p.y):.1f}" for p in series.points)
    yield f'<polygon class="band s{kind}" points="{band}"/>'
    yield f'<polyline class="line s{kind}" stroke-dasharray="{dash}" points="{path}"/>'


def _interval(point: Point, *, alone: bool = False) -> str:
    interval = f"{percent(point.low)} to {percent(point.high)}"
    return interval if alone else f"{percent(point.y)} ({interval})"


def legend(names: Sequence[str]) -> str:
    """A sample of each line with its name."""
    items = []
    for number, name in enumerate(names):
        kind = number % len(MARKS)
        sample = (
            f'<svg class="s{kind}" width="30" height="12" aria-hidden="true"><line class="line" x1="1" x2="29" y1="6" y2="6" '
            f'stroke-dasharray="{DASHES[number % len(DASHES)]}"/><path class="mark" transform="translate(15 6)" d="{MARKS[kind]}"/></svg>'
        )
        items.append(f"<li>{sample} {text(name)}</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def number_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The numbers of a chart, folded."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        '<details class="fold numbers"><summary>numbers</summary><div class="wide" tabindex="0" role="group" aria-label="numbers">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )
