"""The report's charts: what is drawn of a result file. How it is drawn is in ``plot`` and ``bars``."""

from __future__ import annotations

from collections.abc import Sequence

from util.metrics.intervals import Estimate
from util.report.plot import Point, Scale, Series, Tick, linear_ticks, lines, spaced
from util.report.section import Section


def curves(section: Section) -> str | None:
    """pass@k and cons@k over k, one line per temperature; None with one sample per problem."""
    found: list[Series] = []
    several = len(section.tally.temperatures) > 1
    for temperature in section.tally.temperatures:
        metrics = section.tally.metrics(temperature)
        for kind in ("pass", "cons"):
            points = {int(name.split("@")[1]): e for name, e in metrics.items() if name.startswith(f"{kind}@")}
            if kind == "cons" and points:
                points[1] = metrics["pass@1"]
            if len(points) > 1:
                name = f"{kind}@k" + (f", temperature {temperature:g}" if several else "")
                found.append(Series(name, [_point(k, points[k]) for k in sorted(points)]))
    if not found:
        return None
    ks = sorted({point.x for each in found for point in each.points})
    scale = Scale(ks[0], ks[-1], log=True)
    ticks = spaced([Tick(scale.at(k), f"{k:g}") for k in ks])
    return lines(f"pass@k and cons@k of {section.title}", found, scale, ticks, "k")


def thinking(sections: Sequence[Section]) -> str | None:
    """Accuracy against thinking tokens, a line per model, benchmark and temperature; None without thinking budgets."""
    if not any(section.budget for section in sections):
        return None
    found: dict[str, list[Point]] = {}
    for section in sections:
        for temperature in section.tally.temperatures if section.no_score is None else ():
            tokens = section.tally.thinking(temperature).value
            point = _point(tokens, section.tally.metrics(temperature)["pass@1"])
            found.setdefault(f"{section.family}, temperature {temperature:g}", []).append(point)
    if not found:
        return None
    series = [Series(name, sorted(points, key=lambda point: point.x)) for name, points in found.items()]
    scale = Scale(0.0, max(1.0, *(point.x for each in series for point in each.points)))
    return lines("accuracy against thinking tokens", series, scale, linear_ticks(scale), "thinking tokens per response")


def _point(x: float, estimate: Estimate) -> Point:
    return Point(x, estimate.value, estimate.low, estimate.high)
