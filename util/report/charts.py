"""The report's charts, drawn by matplotlib as SVG in the colours of the page."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import count, pairwise
from typing import Any

from util.metrics.intervals import Estimate
from util.report.section import Section

COLOURS = {
    "#010101": "currentColor",
    "#020202": "var(--line)",
    "#030303": "var(--accent)",
    "#040404": "var(--right)",
    "#050505": "var(--wrong)",
    "#060606": "var(--cut)",
    "#070707": "var(--none)",
}
"""Colour in the drawing -> CSS colour of the page, so that charts work in light and dark mode."""
TEXT, LINE, ACCENT, RIGHT, WRONG, CUT, NONE = COLOURS
CURVES = (ACCENT, RIGHT, CUT, NONE, WRONG)

_numbers = count()


def drawn(draw: Callable[[Any], None], label: str, *, height: float = 3.2) -> str:
    """Return as SVG what ``draw`` draws on matplotlib axes. label: text for screen readers."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": f"chart{next(_numbers)}",
        "font.family": "sans-serif",
        "font.size": 10,
        "text.parse_math": False,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), TEXT),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), LINE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.4, height), layout="constrained")
        canvas: Any = FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        figure.patch.set_alpha(0)
        figure.axes[0].patch.set_alpha(0)
        sink = io.StringIO()
        canvas.print_svg(sink, metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    svg = sink.getvalue()
    for drawn_as, shown in COLOURS.items():
        svg = svg.replace(drawn_as, shown)
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{_quoted(label)}"', 1)


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _shown(name: str, width: int = 34) -> str:
    name = name.encode("utf-8", "replace").decode("utf-8")  # fonts cannot render lone surrogates
    return name if len(name) <= width else f"{name[: width - 15]}…{name[-14:]}"


def intervals(estimates: Mapping[str, Estimate], label: str) -> str:
    """One row per name: the mean and its 95 % interval."""

    def draw(axes: Any) -> None:
        names = list(estimates)
        for place, estimate in enumerate(estimates.values()):
            axes.plot(
                [estimate.low, estimate.high], [place, place], color=ACCENT, linewidth=2.4, solid_capstyle="round"
            )
            axes.plot([estimate.value], [place], "o", color=ACCENT, markersize=6)
        axes.set_yticks(range(len(names)), [f"{_shown(name)} ({estimates[name].problems})" for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(_percent)
        axes.grid(axis="y", visible=False)

    return drawn(draw, label, height=0.8 + 0.34 * max(1, len(estimates)))


def _percent(value: float, _: object = None) -> str:
    return f"{value:.0%}"


def curves(section: Section) -> str | None:
    """pass@k and cons@k over k, one line per temperature; None with one sample per problem."""
    lines: list[tuple[str, list[int], list[Estimate]]] = []
    for temperature in section.tally.temperatures:
        metrics = section.tally.metrics(temperature)
        for kind in ("pass", "cons"):
            points = {int(name.split("@")[1]): e for name, e in metrics.items() if name.startswith(f"{kind}@")}
            if kind == "cons" and points:
                points[1] = metrics["pass@1"]
            if len(points) > 1:
                lines.append(
                    (f"{kind}@k, temperature {temperature:g}", sorted(points), [points[k] for k in sorted(points)])
                )
    if not lines:
        return None

    def draw(axes: Any) -> None:
        for number, (label, ks, estimates) in enumerate(lines):
            colour = CURVES[number % len(CURVES)]
            style = "-" if label.startswith("pass") else "--"
            axes.plot(ks, [e.value for e in estimates], style, color=colour, marker="o", markersize=4, label=label)
            axes.fill_between(
                ks, [e.low for e in estimates], [e.high for e in estimates], color=colour, alpha=0.13, linewidth=0
            )
        axes.set_xscale("log", base=2)
        ticks = sorted({k for _, ks, _ in lines for k in ks})
        axes.set_xticks(ticks, [str(k) for k in ticks])
        axes.minorticks_off()
        axes.set_xlabel("k")
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(_percent)
        axes.legend(frameon=False, fontsize=9)

    return drawn(draw, f"pass@k and cons@k of {section.title}")


def thinking(sections: Sequence[Section]) -> str | None:
    """Accuracy against thinking tokens, a line per model, benchmark and temperature; None without thinking budgets."""
    lines: dict[str, list[tuple[Estimate, Estimate]]] = {}
    for section in sections:
        for temperature in section.tally.temperatures if section.no_score is None else ():
            name = f"{section.family}, temperature {temperature:g}"
            point = section.tally.thinking(temperature), section.tally.metrics(temperature)["pass@1"]
            lines.setdefault(name, []).append(point)
    if not any(section.budget for section in sections):
        return None
    drawn_lines = {name: sorted(points, key=lambda point: point[0].value) for name, points in lines.items()}

    def draw(axes: Any) -> None:
        for number, (label, points) in enumerate(drawn_lines.items()):
            colour = CURVES[number % len(CURVES)]
            tokens, shares = [x.value for x, _ in points], [y.value for _, y in points]
            axes.plot(tokens, shares, "-", color=colour, marker="o", markersize=4, label=label)
            low, high = [y.low for _, y in points], [y.high for _, y in points]
            axes.fill_between(tokens, low, high, color=colour, alpha=0.13, linewidth=0)
        axes.set_xlabel("thinking tokens per response")
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(_percent)
        axes.legend(frameon=False, fontsize=9)

    return drawn(draw, "accuracy against thinking tokens")


def lengths(section: Section) -> str | None:
    """Histogram of completion tokens of right and other responses, on a logarithmic scale; None without tokens."""
    right, other = section.tokens[True], section.tokens[False]
    largest = max([*right, *other], default=0)
    if not largest:
        return None
    smallest = max(1, min([*right, *other]))
    steps = 24
    ratio = (max(largest, smallest * 2) * 1.001 / smallest) ** (1 / steps)
    edges = [smallest * ratio**i for i in range(steps + 1)]

    def share(tokens: Sequence[float]) -> list[int]:
        counts = Counter(min(steps - 1, int(math.log(max(t, smallest) / smallest) / math.log(ratio))) for t in tokens)
        return [counts[i] for i in range(steps)]

    def draw(axes: Any) -> None:
        below = [0] * steps
        for label, tokens, colour in (("right", right, RIGHT), ("not right", other, WRONG)):
            heights = share(tokens)
            widths = [b - a for a, b in pairwise(edges)]
            axes.bar(
                edges[:-1],
                heights,
                widths,
                bottom=below,
                align="edge",
                color=colour,
                alpha=0.85,
                label=f"{label} ({len(tokens):,})",
            )
            below = [a + b for a, b in zip(below, heights, strict=True)]
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("completion tokens")
        axes.set_ylabel("responses")
        axes.legend(frameon=False, fontsize=9)

    return drawn(draw, f"completion tokens of right and other responses of {section.title}")


def funnel(stages: Mapping[str, int]) -> str:
    """Bar chart of the responses that reached each stage."""

    def draw(axes: Any) -> None:
        most = max(1, *stages.values())
        axes.barh(range(len(stages)), list(stages.values()), color=ACCENT, alpha=0.85)
        for place, number in enumerate(stages.values()):
            axes.text(number + most * 0.01, place, f"{number:,}", va="center")
        axes.set_yticks(range(len(stages)), list(stages))
        axes.set_ylim(len(stages) - 0.5, -0.5)
        axes.set_xlim(0, most * 1.14)
        axes.grid(visible=False)

    return drawn(
        draw, "number of responses that reached each stage of the distillation", height=0.6 + 0.34 * len(stages)
    )
