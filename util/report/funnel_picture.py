"""The funnel from responses to training data as a picture: a bar per stage, and why responses were dropped before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from util.report.plot import percent, text

MEANINGS = {
    "generated": "responses of the model",
    "passed": "judged right",
    "converted": "have a thought and an answer",
    "verified": "judged right, complete, with both parts",
    "extra": "rows of other files",
    "filtered": "kept by the filters",
    "deduplicated": "left without repeats",
    "decontaminated": "do not overlap with a benchmark",
    "written": "rows of training data",
}
"""Stage -> what its responses have in common."""
SHOWN = 6
"""Reasons that are named; the others are counted together."""


@dataclass(frozen=True)
class TrainingFunnel:
    """What became of responses on their way to training data.

    stages: stage -> responses that reached it. drops: stage -> reason -> responses that were dropped before it.
    """

    stages: Mapping[str, int] = field(default_factory=dict)
    drops: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def funnel_view(found: TrainingFunnel) -> str:
    """The section of the page; nothing without stages."""
    if not found.stages:
        return ""
    return f'<h2>From responses to training data</h2><figure class="card single">{picture(found)}</figure>'


def picture(found: TrainingFunnel) -> str:
    """A table of stages with bars."""
    stages = found.stages
    whole = max(1, stages.get("generated", 0) + stages.get("extra", 0), *stages.values())
    rows, before = [], 0
    for stage, count in stages.items():
        subset = before >= count and stage != "extra"
        rows.append(_row(stage, count, before if subset else 0, whole))
        if reasons := found.drops.get(stage):
            rows.append(f'<tr class="drops"><td></td><td colspan="2">{_dropped(reasons)}</td></tr>')
        before = count
    return (
        '<table class="intervals funnel" aria-label="responses that reached each stage"><thead><tr><th scope="col">stage</th>'
        f'<td></td><th scope="col">responses</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _row(stage: str, count: int, before: int, whole: int) -> str:
    lost = ""
    if before > count:
        lost = (
            f'<rect class="lost" x="{100 * count / whole:.2f}%" width="{100 * (before - count) / whole:.2f}%" y="6" height="18">'
            f"<title>{before - count:,} of the stage before</title></rect>"
        )
    bar = (
        f'<rect class="reached" x="0" width="{max(0.4, 100 * count / whole) if count else 0:.2f}%" y="6" height="18"/>'
    )
    meaning = f"<small>{text(MEANINGS[stage])}</small>" if stage in MEANINGS else ""
    return (
        f'<tr><th scope="row">{text(stage)}{meaning}</th><td class="drawn"><svg width="100%" height="30" aria-hidden="true">'
        f"{lost}{bar}</svg></td><td>{count:,}<small>{percent(count / whole)}</small></td></tr>"
    )


def _dropped(reasons: Mapping[str, int]) -> str:
    known = sorted(
        ((count, reason) for reason, count in reasons.items() if count), key=lambda each: (-each[0], each[1])
    )
    shown = [f"{count:,} {reason}" for count, reason in known[:SHOWN]]
    if len(known) > SHOWN:
        shown.append(f"{sum(count for count, _ in known[SHOWN:]):,} for {len(known) - SHOWN} other reasons")
    return f"dropped before: {text('; '.join(shown))}"
