"""Charts of counts and of intervals: lengths by verdict, pass rates, accuracies by group.

An interval chart is a table whose cells have a drawing: it is read by a screen reader as it is seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from util.metrics.intervals import Estimate
from util.report.difficulty_table import rank_of
from util.report.plot import (
    MARKS,
    Scale,
    Tick,
    log_ticks,
    number_table,
    percent,
    plot,
    short_number,
    spaced,
    text,
    x_axis,
)
from util.report.section import Section
from util.report.verdict_codes import CLASSES, NAMES

BINS = 32
STRIP, BAR = 62, 34
"""Height of a strip and of its highest bar, in pixels."""
TENTHS = 10


@dataclass(frozen=True)
class Interval:
    """A row of ``interval_table``. note: in small type, such as the number of problems."""

    name: str
    value: float
    low: float
    high: float
    note: str = ""


def intervals(estimates: Mapping[str, Estimate], label: str) -> str:
    """One row per name: the accuracy and its 95 % interval. label: what the rows are, as in "accuracy by level"."""
    rows = [Interval(name, e.value, e.low, e.high, f"n = {e.problems:,}") for name, e in estimates.items()]
    shown = [f"{percent(e.value)}<small>{percent(e.low)} to {percent(e.high)}</small>" for e in estimates.values()]
    return interval_table(rows, shown, label, Scale(0, 1), ("0%", "50%", "100%"))


def by_group(groups: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Groups from easy to hard where their names have an order; numbers by value, other names as they are."""
    return dict(sorted(groups.items(), key=lambda each: (rank_of(each[0]) is None, rank_of(each[0]) or 0.0, each[0])))


def interval_table(
    rows: Sequence[Interval], shown: Sequence[str], label: str, scale: Scale, ends: tuple[str, str, str]
) -> str:
    """A table of names, drawn intervals and numbers. shown: the numbers, as HTML. ends: labels of the axis."""
    body = "".join(
        f'<tr><th scope="row">{text(row.name)}{f"<small>{text(row.note)}</small>" if row.note else ""}</th>'
        f'<td class="drawn">{_interval(row, scale)}</td><td>{numbers}</td></tr>'
        for row, numbers in zip(rows, shown, strict=True)
    )
    axis = "".join(f"<span>{text(each)}</span>" for each in ends)
    return (
        f'<table class="intervals" aria-label="{text(label)}"><thead><tr><td></td>'
        f'<td><span class="ends" aria-hidden="true">{axis}</span></td><td></td></tr></thead><tbody>{body}</tbody></table>'
    )


def _interval(row: Interval, scale: Scale) -> str:
    low, high, at = scale.at(row.low), scale.at(row.high), scale.at(row.value)
    grid = "".join(f'<line class="grid" x1="{x}%" x2="{x}%" y1="0" y2="30"/>' for x in (0, 50, 100))
    return (
        f'<svg class="interval" width="100%" height="30" aria-hidden="true" overflow="visible">{grid}'
        f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="15" y2="15"/>'
        f'<svg x="{at:.2f}%" y="15" overflow="visible"><path class="mark" d="{MARKS[0]}"/></svg></svg>'
    )


def lengths(section: Section) -> str | None:
    """Completion tokens by verdict: a strip of bars each, on one logarithmic scale; None without tokens."""
    found = {code: tokens for code in NAMES if len(tokens := section.tokens.get(code, ()))}
    largest = max((max(tokens) for tokens in found.values()), default=0)
    if not largest:
        return None
    smallest = max(1.0, min(min(tokens) for tokens in found.values()))
    scale = Scale(smallest, max(largest, smallest * 2), log=True)
    height = STRIP * len(found)

    def parts() -> Iterator[str]:
        yield from x_axis(log_ticks(scale), "completion tokens, logarithmic", height)
        for number, (code, tokens) in enumerate(found.items()):
            yield from _strip(code, tokens, scale, STRIP * (number + 1))

    rows = [
        [NAMES[code], f"{len(tokens):,}", *(f"{value:,.0f}" for value in (min(tokens), median(tokens), max(tokens)))]
        for code, tokens in found.items()
    ]
    table = number_table(["verdict", "responses", "shortest", "median", "longest"], rows)
    return plot(f"completion tokens by verdict of {section.title}", height, parts(), classes="wide-plot") + table


def _strip(code: str, tokens: Sequence[float], scale: Scale, bottom: int) -> Iterator[str]:
    counts = Counter(min(BINS - 1, int(scale.at(value) / 100 * BINS)) for value in tokens)
    most = max(counts.values())
    yield f'<g class="{CLASSES[code]}">'
    for place, count in sorted(counts.items()):
        height = max(1.5, BAR * count / most)
        low, high = (
            _value(scale, place / BINS),
            _value(scale, (place + 1) / BINS),
        )
        yield (
            f'<rect class="count" x="{100 * place / BINS + 0.2:.2f}%" width="{100 / BINS - 0.4:.2f}%" '
            f'y="{bottom - height:.1f}" height="{height:.1f}"><title>{low:,.0f} to {high:,.0f} tokens: {count:,} '
            f"{NAMES[code]}</title></rect>"
        )
    middle = median(tokens)
    x = f"{scale.at(middle):.2f}%"
    yield f'<line class="median" x1="{x}" x2="{x}" y1="{bottom - BAR - 4}" y2="{bottom}"/></g>'
    yield f'<line class="grid" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>'
    name = f"{NAMES[code]}: {len(tokens):,}, median {short_number(round(middle))}"
    yield f'<text x="0" y="{bottom - BAR - 10}">{text(name)}</text>'


def _value(scale: Scale, share: float) -> float:
    return math.exp(math.log(scale.low) + share * (math.log(scale.high) - math.log(scale.low)))


def histogram(label: str, counts: Sequence[int], labels: Sequence[str], ticks: Sequence[Tick], axis: str) -> str:
    """Bars side by side, the first and the last apart. labels: of the bars, for the table and the mouse."""
    height, most = 150, max(1, *counts)
    width = 100 / len(counts)
    numbers = spaced([Tick(width * (n + 0.5), f"{count:,}") for n, count in enumerate(counts) if count])

    def parts() -> Iterator[str]:
        yield from x_axis(ticks, axis, height, grid=False)
        for number, count in enumerate(counts):
            kind = "wrong" if number == 0 else "right" if number == len(counts) - 1 else "some"
            size = max(1.5, (height - 18) * count / most) if count else 0
            inset = width * (0.14 if kind != "some" else 0.06)
            yield (
                f'<g class="{kind}"><rect class="count" x="{width * number + inset:.2f}%" width="{width - 2 * inset:.2f}%" '
                f'y="{height - size:.1f}" height="{size:.1f}"><title>{text(labels[number])}: {count:,}</title></rect></g>'
            )
        for tick in numbers:
            count = counts[min(len(counts) - 1, int(tick.at / width))]
            y = height - max(1.5, (height - 18) * count / most) - 5
            yield f'<text x="{tick.at:.2f}%" y="{y:.1f}" text-anchor="middle">{tick.label}</text>'

    rows = [[name, f"{count:,}"] for name, count in zip(labels, counts, strict=True)]
    return plot(label, height, parts(), classes="wide-plot") + number_table([axis, "problems"], rows)
