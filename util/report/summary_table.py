"""The top of the report: its title, and the table of accuracies with intervals and shares of the other outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from util.metrics.intervals import Estimate
from util.metrics.tally import Counts
from util.report.section import Section
from util.results.paths import ResultPaths

NAMED = 4
"""Maximum number of benchmarks or models that the title names."""

Cell = tuple[str, str]
"""A cell's value, and a second line in small print; both may be empty."""
ACCURACIES = ("pass@1", "pass@n", "cons@n", "best@n")
SHARES = ("truncated", "no answer", "not judged", "failed")
ALWAYS = ("problems", "pass@1", "truncated")


def headline(sections: Sequence[Section]) -> str:
    """Model and benchmarks: the title of the page.

    >>> from util.metrics.tally import Tally
    >>> made = [{"type": "run", "settings": {"model": "Qwen/QwQ-32B", "dataset": name}} for name in ("AIME", "GSM8K")]
    >>> headline([Section(Path("x.json"), Tally(), [each]) for each in made])
    'QwQ-32B: AIME, GSM8K'
    """
    models = {name: None for section in sections if (name := _model(section))}
    names = {_benchmark(section): None for section in sections}
    return ": ".join(_listed(list(each)) for each in (models, names) if each)


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"


def _model(section: Section) -> str:
    return Path(str(section.manifest.get("settings", {}).get("model", ""))).name


def _benchmark(section: Section) -> str:
    return str(section.manifest.get("settings", {}).get("dataset") or section.path.stem)


def summary(sections: list[Section]) -> str:
    """A row per file and temperature. Columns that are empty everywhere are left out."""
    several = len({_model(section) for section in sections}) > 1
    pairs = [(section, t) for section in sections for t in section.tally.temperatures]
    rows = [_cells(section, temperature) for section, temperature in pairs]
    shown = [name for name in rows[0] if name in ALWAYS or any(any(row[name]) for row in rows)] if rows else []
    spanned = [name for name in shown if name in ACCURACIES]
    sizes = {_samples(section, temperature) for section, temperature in pairs}
    heads = {name: name.replace("@n", f"@{min(sizes)}") if len(sizes) == 1 else name for name in shown}
    names = [_named(section, temperature, several) for section, temperature in pairs]
    lines = []
    for (section, temperature), row in zip(pairs, rows, strict=True):
        cells = []
        for name in shown:
            if name in SHARES and not any(row[name]):
                row[name] = ("0%", "")
            if name not in spanned or section.no_score is None:
                cells.append(_cell(heads[name], *row[name], strong=name == "pass@1"))
            elif name == spanned[0]:
                words = f"no score: {escape(section.no_score)}"
                cells.append(f'<td role="cell" class="no-score" colspan="{len(spanned)}">{words}</td>')
        main, second = _named(section, temperature, several)
        if names.count((main, second)) > 1:
            second = f"{second}, in {section.path.parent.name}/{section.path.name}"
        small = f"<small>{escape(second)}</small>" if second else ""
        lines.append(f'<tr role="row"><th role="rowheader" scope="row">{escape(main)}{small}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th role="columnheader" scope="col">{escape(heads[name])}</th>' for name in shown)
    return (
        '<h2>Summary</h2><div class="card"><table class="summary" role="table" aria-label="Summary">'
        f'<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">benchmark</th>{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(lines)}</tbody></table></div>'
        '<p class="soft">In small print: 95 % intervals, clustered by problem. '
        "Responses without a verdict and failed ones count as not right.</p>"
    )


def _cells(section: Section, temperature: float) -> dict[str, Cell]:
    counts, metrics = section.tally.by_temperature[temperature], section.tally.metrics(temperature)
    n = _samples(section, temperature)
    first = metrics.get("pass@1")
    best = next((estimate for name, estimate in metrics.items() if name.startswith("best@")), None)
    speed = section.throughput
    return {
        "problems": (f"{first.problems if first else 0:,}", f"{n} samples each" if n > 1 else ""),
        "pass@1": _estimate(first),
        "pass@n": _estimate(metrics.get(f"pass@{n}") if n > 1 else None),
        "cons@n": _estimate(metrics.get(f"cons@{n}") if n > 1 else None),
        "best@n": _estimate(best),
        "truncated": _share(counts.truncated, counts),
        "no answer": _share(counts.no_answer, counts),
        "not judged": _share(counts.unjudged, counts),
        "failed": _share(counts.failed, counts),
        "tokens/s": (f"{speed:,.0f}" if speed else "", ""),
    }


def _samples(section: Section, temperature: float) -> int:
    first = section.tally.metrics(temperature).get("pass@1")
    return round(section.tally.by_temperature[temperature].total / max(1, first.problems)) if first else 0


def _named(section: Section, temperature: float, several: bool) -> Cell:
    """A row's name, and what tells it from rows of the same name. several: whether the page has several models."""
    selection = section.manifest.get("selection", {})
    facts = [str(selection[name]) for name in ("split", "source") if selection.get(name)]
    facts += [f"{name}={value}" for name, value in selection.get("columns", ())]
    facts += ["rewritten"] if ResultPaths(section.path).is_converted else []
    facts += [f"thinking budget {section.budget}"] if section.budget else []
    facts += [_model(section)] if several and _model(section) else []
    return _benchmark(section), ", ".join([*facts, f"temperature {temperature:g}"])


def _estimate(estimate: Estimate | None) -> Cell:
    return (f"{estimate.value:.1%}", f"{estimate.low:.1%} to {estimate.high:.1%}") if estimate else ("", "")


def _share(number: int, counts: Counts) -> Cell:
    return (f"{number / max(1, counts.total):.1%}", f"{number:,}") if number else ("", "")


def _cell(head: str, value: str, second: str, *, strong: bool) -> str:
    """A cell; the head is repeated for narrow screens, where a row is a block of labelled values."""
    small = f"<small>{escape(second)}</small>" if second else ""
    kind = ' class="strong"' if strong else ""
    return f'<td role="cell"{kind} data-head="{escape(head)}">{escape(value)}{small}</td>'
