"""The charts of the report as HTML: over all result files, and of each one."""

from __future__ import annotations

from html import escape

from util.metrics.intervals import Estimate
from util.report import charts
from util.report.bars import by_group, intervals, lengths
from util.report.rate_chart import pass_rates, rates_caption
from util.report.section import Section
from util.report.target_note import target_note


def overview(sections: list[Section]) -> str:
    """Charts that compare the result files; empty if there is nothing to compare."""
    chart = ""
    accuracies = _accuracies(sections)
    if len(accuracies) > 1:
        label = "pass@1 with 95 % intervals"
        chart = f'<figure class="card single"><figcaption>{label}</figcaption>{intervals(accuracies, label)}</figure>'
    if curve := charts.thinking(sections):
        label = "Accuracy against thinking tokens, with 95 % intervals"
        chart += f'<figure class="card single"><figcaption>{label}</figcaption>{curve}</figure>'
    return chart


def _accuracies(sections: list[Section]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for section in sections:
        for temperature in section.tally.temperatures if section.no_score is None else ():
            name = f"{section.title}, T {temperature:g}"
            name = f"{name}, in {section.path.parent.name}" if name in found else name
            name = f"{section.path}, T {temperature:g}" if name in found else name
            found[name] = section.tally.metrics(temperature)["pass@1"]
    return found


def section_view(section: Section) -> str:
    figures = [("Length of responses by verdict; dashed: median", lengths(section))]
    if section.no_score is None:
        figures[:0] = [
            ("pass@k and cons@k; bands: 95 % intervals", charts.curves(section)),
            (rates_caption(section), pass_rates(section)),
        ]
        figures += [
            (f"Accuracy by {name}, with 95 % intervals", intervals(by_group(groups), f"accuracy by {name}"))
            for name, groups in section.tally.groups().items()
        ]
    shown = [
        f'<figure class="card"><figcaption>{escape(label)}</figcaption>{svg}</figure>' for label, svg in figures if svg
    ]
    yielded = section.tally.solved_share()
    lead = (
        f"Rejection sampling: {section.tally.solved:,} of {section.tally.problems:,} problems have an accepted response "
        f"({yielded.value:.1%}, {yielded.low:.1%} to {yielded.high:.1%})."
    )
    if section.no_score is not None:
        lead = f"No score: {escape(section.no_score)}."
    total = section.tally.total
    judge = "".join(f"<p>{escape(line)}</p>" for line in section.tally.judge.lines(total.right, total.total))
    return f'<h2>{escape(section.title)}</h2><p>{lead}</p>{judge}{target_note(section)}<div class="charts">{"".join(shown)}</div>'
