"""Two runs on one page: paired differences with their intervals, the problems that flipped, both responses side by side.

The texts are packed as in the report; assets/compare.js pairs the problems by the hash of their key.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from util.records import temperature_label
from util.report.bars import Interval, interval_table
from util.report.comparison import Comparison
from util.report.packed import pack, parts_of
from util.report.packing import embedded
from util.report.page_scripts import ASSETS, STYLES, scripts, with_responses
from util.report.plot import Scale, percent, text
from util.report.section import Section, read_section
from util.results.writing import locked, write_atomically
from util.system.characters import printable

CHANGES = {
    "flips": "changed", "better": "B is better (wrong → right)", "worse": "A is better (right → wrong)",
    "right": "right in both", "wrong": "right in neither", "": "all",
}  # fmt: skip
"""Values of the filter -> their names."""


def write_comparison(path: Path, first: Path, second: Path, found: Sequence[Comparison], command: str) -> None:
    """Write the page of ``eval.py --compare first second``, and say where it is.

    Raises:
        UserError: the file cannot be written.
    """
    files = list(dict.fromkeys(file for each in found for file in each.paths))
    sections = {file: read_section(file) for file in files}
    with locked(path):
        write_atomically(path, _parts(list(found), (first, second), sections, command))
    print(printable(f"report: {path.resolve()}"), file=sys.stderr)


def _parts(
    found: list[Comparison], names: tuple[Path, Path], sections: dict[Path, Section], command: str
) -> Iterator[str]:
    nonce, title = secrets.token_hex(16), f"{names[0].name} and {names[1].name}"
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in (*STYLES, "compare.css"))
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{text(title)}: comparison</title><style>{css}</style></head><body><main>"
        f'<h1>{text(title)}</h1><p class="lead"><b>A</b> is {text(str(names[0]))}, <b>B</b> is {text(str(names[1]))}</p>'
    )
    yield f'<h2>Does B differ from A?</h2><figure class="card">{differences(found)}</figure>'
    yield (
        '<p class="soft">Paired by problem; 95 % intervals of the difference by bootstrap over problems. An interval that '
        "excludes 0 is no proof where many benchmarks are compared.</p>"
    )
    yield _controls(found)
    yield f'<h2>How to repeat</h2><pre class="card">{text(command)}</pre></main>'
    places = {file: number for number, file in enumerate(sections)}
    pairs: list[dict[str, Any]] = [
        {
            "name": each.name,
            "sections": [places[file] for file in each.paths],
            "temperatures": [temperature_label(t) for t in each.temperatures],
        }
        for each in found
    ]
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        yield pack(list(sections.values()), spool.write)
        yield f'<script type="application/json" id="pairs" nonce="{nonce}">{embedded(pairs)}</script>'
        for script in scripts(with_responses("compare.js")):
            yield f'<script nonce="{nonce}">{script}</script>'
        yield from parts_of(spool)
    yield "</body></html>\n"


def differences(found: Sequence[Comparison]) -> str:
    """A row for each benchmark: B - A with its interval, both accuracies, and how many problems changed."""
    most = max([0.05, *(abs(end) for each in found for end in (each.difference.low, each.difference.high))])
    rows = [
        Interval(_name(each), each.difference.value, each.difference.low, each.difference.high, _note(each))
        for each in found
    ]
    shown = [
        f"<b>{100 * each.difference.value:+.1f} points</b>"
        f"<small>{100 * each.difference.low:+.1f} to {100 * each.difference.high:+.1f}</small>"
        f"<small>p = {each.difference.p:.3g}, {_significance(each)}</small>"
        for each in found
    ]
    ends = (f"A better: {-100 * most:.0f}", "0", f"B better: +{100 * most:.0f}")
    return interval_table(rows, shown, "B minus A by benchmark, in percentage points", Scale(-most, most), ends)


def _significance(found: Comparison) -> str:
    return "significant at 5 %" if found.difference.p < 0.05 else "not significant"


def _name(found: Comparison) -> str:
    a, b = map(temperature_label, found.temperatures)
    return f"{found.name}, temperature {a}" + (f" and {b}" if a != b else "")


def _note(found: Comparison) -> str:
    better = sum(flip.second > flip.first for flip in found.flips)
    accuracies = [f"{percent(e.value)} ({percent(e.low)} to {percent(e.high)})" for e in (found.first, found.second)]
    parts = [
        f"A {accuracies[0]}, B {accuracies[1]}",
        f"{found.first.problems:,} common problems: B better in {better:,}, A better in {len(found.flips) - better:,}",
    ]
    if found.only_first or found.only_second:
        parts.append(f"left out: {found.only_first:,} only in A, {found.only_second:,} only in B")
    if any(found.not_judged):
        parts.append(f"not judged: {percent(found.not_judged[0])} of A, {percent(found.not_judged[1])} of B")
    return "; ".join(parts)


def _controls(found: Sequence[Comparison]) -> str:
    changes = "".join(f'<option value="{name}">{escape(label)}</option>' for name, label in CHANGES.items())
    files = "".join(f'<option value="{number}">{text(_name(each))}</option>' for number, each in enumerate(found))
    return (
        '<h2 id="browse">Problems</h2><div class="bar pairs-bar" role="search">'
        '<input type="search" id="search" placeholder="Search in problems" aria-label="Search in problems">'
        f'<label class="field">Change<select id="change">{changes}</select></label>'
        f'<label class="field">Benchmark<select id="pair"><option value="">all</option>{files}</select></label>'
        '<label class="check"><input type="checkbox" id="math" checked> render math</label>'
        '<span class="soft" id="count" role="status" aria-live="polite"></span></div>'
        '<p id="message" role="status" aria-live="polite"></p>'
        '<div id="pairs-list"></div><nav class="pages" aria-label="Pages"><button type="button" id="back">Back</button>'
        '<span id="page"></span><button type="button" id="next">Next</button></nav>'
    )
