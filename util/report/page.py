"""The report page: one HTML file that works offline, with its texts in compressed chunks."""

from __future__ import annotations

import base64
import gzip
import json
import math
import secrets
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from util.metrics.intervals import Estimate
from util.report import charts
from util.report.bars import intervals, lengths
from util.report.funnel_picture import funnel as funnel_picture
from util.report.rate_chart import pass_rates, rates_caption
from util.report.section import Section, tokens_of
from util.report.verdict_codes import verdict_code
from util.results.entries import Entry
from util.results.json_file import read_results
from util.results.writing import write_atomically

ASSETS = Path(__file__).parent / "assets"
CHUNK = 1 << 20
"""Approximate characters of text per compressed chunk."""
FILTERS = {
    "all": "all verdicts", "solved": "some right", "unsolved": "none right", "mixed": "some right, some not",
    "w": "some wrong", "t": "some truncated", "n": "some without answer", "u": "some not judged", "e": "some failed",
}  # fmt: skip


def write_page(path: Path, sections: list[Section], funnel: Mapping[str, int], made: Mapping[str, str]) -> None:
    """Write the report of ``sections``. made: facts about the report itself (command, time, versions).

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, _parts(sections, funnel, made))


def _parts(sections: list[Section], funnel: Mapping[str, int], made: Mapping[str, str]) -> Iterator[str]:
    nonce = secrets.token_hex(16)
    yield _head(nonce)
    yield f'<h1>{escape(_headline(sections))}</h1><p class="lead">{escape(made.get("created", ""))}</p>'
    yield _summary(sections)
    if funnel:
        yield f'<h2>From responses to training data</h2><figure class="card single">{funnel_picture(funnel)}</figure>'
    for section in sections:
        yield _section(section)
    yield _browser(sections)
    yield _manifests(sections, made)
    yield "</main>"
    yield from _packed(sections, nonce)
    for script in scripts():
        yield f'<script nonce="{nonce}">{script}</script>'
    yield "</body></html>\n"


def _head(nonce: str) -> str:
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:"
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in ("report.css", "charts.css"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Report</title><style>{css}</style></head><body><main>"
    )


def scripts() -> list[str]:
    """The page's scripts: KaTeX if it is installed, and report.js."""
    texts = [*katex(), (ASSETS / "report.js").read_text(encoding="utf-8")]
    return [text.replace("</script", "<\\/script").replace("<!--", "<\\!--") for text in texts]


def katex() -> list[str]:
    """KaTeX and its auto-render extension, from the copy in sphinxcontrib-katex; empty if it is not installed."""
    from importlib.util import find_spec

    spec = find_spec("sphinxcontrib")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        files = [Path(folder) / name for name in ("katex.min.js", "auto-render.min.js")]
        if all(file.exists() for file in files):
            return [file.read_text(encoding="utf-8") for file in files]
    return []


def _headline(sections: list[Section]) -> str:
    models = {Path(str(s.manifest.get("settings", {}).get("model", s.path.stem))).name for s in sections}
    return f"{', '.join(sorted(models))}: {len(sections)} result file{'s' if len(sections) > 1 else ''}"


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "<td></td>"
    return f"<td>{estimate.value:.1%} <small>{estimate.low:.1%} to {estimate.high:.1%}</small></td>"


def _summary(sections: list[Section]) -> str:
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
    chart = ""
    if len(rows) > 1 and (accuracies := _accuracies(sections)):
        label = "pass@1 with 95 % intervals"
        chart = f'<figure class="card single">{intervals(accuracies, label)}<figcaption>{label}</figcaption></figure>'
    if curve := charts.thinking(sections):
        label = "Accuracy against thinking tokens, with 95 % intervals"
        chart += f'<figure class="card single">{curve}<figcaption>{label}</figcaption></figure>'
    note = '<p class="soft">95 % intervals, clustered by problem. Responses without a verdict and failed ones count as not right.</p>'
    return f'<h2>Summary</h2><div class="card wide">{table}</div>{note}{chart}'


def _accuracies(sections: list[Section]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for section in sections:
        for temperature in section.tally.temperatures if section.no_score is None else ():
            name = f"{section.title}, T {temperature:g}"
            name = f"{section.path}, T {temperature:g}" if name in found else name
            found[name] = section.tally.metrics(temperature)["pass@1"]
    return found


def _section(section: Section) -> str:
    figures = [("Length of responses", lengths(section))]
    if section.no_score is None:
        figures[:0] = [("pass@k and cons@k", charts.curves(section)), (rates_caption(section), pass_rates(section))]
        figures += [
            (f"Accuracy by {name}", intervals(groups, f"accuracy by {name}"))
            for name, groups in section.tally.groups().items()
        ]
    shown = [
        f'<figure class="card">{svg}<figcaption>{escape(label)}</figcaption></figure>' for label, svg in figures if svg
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
    return f'<h2>{escape(section.title)}</h2><p>{lead}</p>{judge}<div class="charts">{"".join(shown)}</div>'


def _browser(sections: list[Section]) -> str:
    files = "".join(f'<option value="{i}">{escape(s.title)}</option>' for i, s in enumerate(sections))
    verdicts = "".join(f'<option value="{code}">{name}</option>' for code, name in FILTERS.items())
    return (
        '<h2 id="browse">Problems</h2><div class="bar">'
        '<input type="search" id="search" placeholder="Search: words, &quot;a phrase&quot;" aria-label="Search">'
        f'<select id="verdict" aria-label="Verdict">{verdicts}</select>'
        f'<select id="section" aria-label="Result file"><option value="">all files</option>{files}</select>'
        '<label><input type="checkbox" id="deep"> search responses</label>'
        '<label><input type="checkbox" id="math" checked> render math</label><span class="soft" id="count"></span></div>'
        '<div id="problems"></div><div class="pages"><button id="back">Back</button><span id="page"></span>'
        '<button id="next">Next</button></div>'
    )


def _manifests(sections: list[Section], made: Mapping[str, str]) -> str:
    parts = ["<h2>How to reproduce</h2>"]
    parts += [f'<p class="soft">{escape(name)}: {escape(value)}</p>' for name, value in made.items()]
    for section in sections:
        manifest = json.dumps(section.manifest, ensure_ascii=False, indent=2, default=str)
        command = section.manifest.get("command", "")
        parts.append(
            f'<div class="card"><h3>{escape(section.title)}</h3><p class="soft">{escape(section.path.name)}</p>'
            f"<pre>{escape(command)}</pre>"
            f'<details class="fold"><summary>manifest</summary><pre>{escape(manifest)}</pre></details></div>'
        )
    return "".join(parts)


def _packed(sections: list[Section], nonce: str) -> Iterator[str]:
    """The texts in compressed chunks, then the index of the chunks, then the manifests for --reproduce."""
    index: list[dict[str, Any]] = []
    chunk: list[dict[str, Any]] = []
    size = number = 0
    for place, section in enumerate(sections):
        for entry in read_results(section.path):
            problem = _problem(entry)
            codes = "".join(response["v"] for response in problem["responses"])
            index.append({"q": _question(entry.key), "s": place, "v": codes, "c": number, "o": len(chunk)})
            chunk.append(problem)
            size += sum(len(r["c"]) + len(r.get("p", "")) for r in problem["responses"]) + len(problem["prompt"])
            if size > CHUNK:
                yield _chunk(chunk)
                chunk, size, number = [], 0, number + 1
    if chunk:
        yield _chunk(chunk)
    data = {"sections": [section.title for section in sections], "problems": index}
    yield f'<script type="application/json" id="index" nonce="{nonce}">{embedded(data)}</script>'
    manifests = {str(section.path): section.manifest for section in sections}
    yield f'<script type="application/json" id="manifests" nonce="{nonce}">{embedded(manifests)}</script>'


def embedded(value: Any) -> str:
    """``value`` as JSON that cannot end the HTML script element it is in."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _chunk(problems: Iterable[dict[str, Any]]) -> str:
    packed = gzip.compress(json.dumps(list(problems), default=str).encode(), 6, mtime=0)
    return f'<script type="text/plain" class="chunk">{base64.b64encode(packed).decode()}</script>\n'


def _question(key: str) -> str:
    text = " ".join(key.split())
    return text if len(text) <= 300 else f"{text[:299]}…"


def _problem(entry: Entry) -> dict[str, Any]:
    responses = []
    for sample, response in entry.samples():
        shown: dict[str, Any] = {
            "t": sample.label,
            "v": verdict_code(response),
            "c": response.content,
            "n": tokens_of(response),
            "reason": response.reason or response.error,
        }
        if response.rewritten:
            shown["p"] = response.rewritten
        if response.verdict is not None and response.verdict.evidence:
            shown["e"] = finite(response.verdict.evidence)
        responses.append(shown)
    return {"prompt": entry.question, "responses": responses}


def finite(value: Any) -> Any:
    """``value`` with NaN and infinities as strings: Python writes them as tokens that browsers cannot parse."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
