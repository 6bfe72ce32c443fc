"""Draw the lengths of a training file as a small SVG, without a library: one histogram per part, logarithmic scale."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from util.training.lengths import Lengths, LengthSummary

WIDTH, PANEL, LEFT, TOP, HEIGHT = 720, 132, 84, 30, 84
"""Pixels: of the drawing, of one panel with its axis; where bars begin, and how high the highest is."""
BINS = 48
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#444}.bar{fill:#3b6fb5}.median{stroke:#c0392b;stroke-width:1.5}"
    ".axis{stroke:#999}@media(prefers-color-scheme:dark){text{fill:#ccc}.bar{fill:#7fa9e0}}</style>"
)


def length_plot(lengths: Lengths) -> str:
    """The SVG: a panel for each part that occurs, all on one scale, with the median as a line."""
    summaries = lengths.summaries()
    if not summaries:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="20"><text y="15">no rows</text></svg>\n'
        )
    smallest = max(1, min(min(lengths.of(each.part)) for each in summaries))
    scale = _Scale(smallest, max(smallest + 1, *(each.longest for each in summaries)))
    label = f"Lengths of {', '.join(each.part for each in summaries)} in {lengths.unit}"
    height = TOP + PANEL * len(summaries)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="{escape(label)}">',
        _STYLE,
        f'<text x="{LEFT}" y="16">{escape(f"{lengths.unit} (logarithmic); red line: median")}</text>',
    ]
    for number, each in enumerate(summaries):
        parts += _panel(each, lengths.of(each.part), scale, TOP + PANEL * number)
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Scale:
    """Lengths on a logarithmic scale: bins and pixels."""

    def __init__(self, smallest: int, largest: int) -> None:
        self._low, self._span = math.log(smallest), math.log(largest) - math.log(smallest)
        self.ticks = [t for e in range(10) for t in (10**e, 3 * 10**e) if smallest <= t <= largest]

    def share(self, length: int) -> float:
        return min(1.0, max(0.0, (math.log(max(length, 1)) - self._low) / self._span))

    def x(self, length: int) -> float:
        return LEFT + (WIDTH - LEFT - 20) * self.share(length)

    def bin(self, length: int) -> int:
        return min(BINS - 1, int(self.share(length) * BINS))


def _panel(summary: LengthSummary, values: Sequence[int], scale: _Scale, top: int) -> Iterator[str]:
    counts = Counter(map(scale.bin, values))
    most = max(counts.values())
    width = (WIDTH - LEFT - 20) / BINS
    base = top + HEIGHT + 8
    yield f'<text x="8" y="{top + 20}">{escape(summary.part)}</text>'
    yield f'<text x="8" y="{top + 38}">{summary.number:,}</text>'
    for place, number in sorted(counts.items()):
        height = HEIGHT * number / most
        at = LEFT + place * width
        yield (
            f'<rect class="bar" x="{at:.1f}" y="{base - height:.1f}" width="{max(1, width - 1):.1f}" height="{height:.1f}">'
            f"<title>{number:,}</title></rect>"
        )
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - 20}" y1="{base}" y2="{base}"/>'
    for tick in scale.ticks:
        yield f'<text x="{scale.x(tick):.1f}" y="{base + 16}" text-anchor="middle">{tick:,}</text>'
    at = scale.x(summary.median)
    yield f'<line class="median" x1="{at:.1f}" x2="{at:.1f}" y1="{top + 6}" y2="{base}"/>'
    yield f'<text x="{at + 4:.1f}" y="{top + 14}">{summary.median:,}</text>'
