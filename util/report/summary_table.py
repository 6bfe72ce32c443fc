"""The table at the top of the report: accuracies with intervals, and shares of the other outcomes."""

from __future__ import annotations

from html import escape

from util.metrics.intervals import Estimate
from util.report.section import Section


def summary(sections: list[Section]) -> str:
    """A row per file and temperature: accuracies with intervals, and shares of the other outcomes."""
    heads = ("", "problems", "n", "pass@1", "pass@n", "cons@n", "best@n", "truncated", "no answer", "not judged", "failed", "tokens/s")  # fmt: skip
    rows = []
    for section in sections:
        for temperature in section.tally.temperatures:
            counts, metrics = section.tally.by_temperature[temperature], section.tally.metrics(temperature)
            first = metrics.get("pass@1")
            n = round(counts.total / max(1, first.problems)) if first else 0
            best = next((e for name, e in metrics.items() if name.startswith("best@")), None)
            if section.no_score is None:
                cells = [_cell(metrics.get(name)) for name in ("pass@1", f"pass@{n}", f"cons@{n}")] + [_cell(best)]
            else:
                cells = [f"<td colspan='4'>no score: {escape(section.no_score)}</td>"]
            rates = (counts.truncated, counts.no_answer, counts.unjudged, counts.failed)
            cells += [f"<td>{rate / max(1, counts.total):.1%}</td>" for rate in rates]
            speed = section.throughput
            name = escape(f"{section.title}, temperature {temperature:g}")
            rows.append(
                f"<tr><td>{name}</td><td>{first.problems if first else 0:,}</td><td>{n}</td>{''.join(cells)}"
                f"<td>{f'{speed:,.0f}' if speed else ''}</td></tr>"
            )
    table = f"<table class='summary'><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table>"
    note = '<p class="soft">95 % intervals, clustered by problem. Responses without a verdict and failed ones count as not right.</p>'
    return f'<h2>Summary</h2><div class="card wide">{table}</div>{note}'


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "<td></td>"
    return f"<td>{estimate.value:.1%} <small>{estimate.low:.1%} to {estimate.high:.1%}</small></td>"
