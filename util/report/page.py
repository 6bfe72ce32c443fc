"""The report page: one HTML file that works offline, with its texts in compressed chunks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from util.report.controls import problem_list
from util.report.figures import overview, section_view
from util.report.funnel_picture import TrainingFunnel, funnel_view
from util.report.how_made import how_made
from util.report.packed import packed
from util.report.page_scripts import ASSETS, STYLES, scripts
from util.report.section import Section
from util.report.summary_table import summary
from util.results.writing import write_atomically


def write_page(path: Path, sections: list[Section], funnel: TrainingFunnel, made: Mapping[str, str]) -> None:
    """Write the report of ``sections``. made: facts about the report itself (command, time, versions).

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, _parts(sections, funnel, made))


def _parts(sections: list[Section], funnel: TrainingFunnel, made: Mapping[str, str]) -> Iterator[str]:
    nonce = secrets.token_hex(16)
    yield _head(nonce)
    yield f'<h1>{escape(_headline(sections))}</h1><p class="lead">{escape(made.get("created", ""))}</p>'
    yield summary(sections)
    yield overview(sections)
    yield funnel_view(funnel)
    for section in sections:
        yield section_view(section)
    yield problem_list(sections)
    yield how_made(sections, made)
    yield "</main>"
    yield from packed(sections, nonce)
    for script in scripts():
        yield f'<script nonce="{nonce}">{script}</script>'
    yield "</body></html>\n"


def _head(nonce: str) -> str:
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:"
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Report</title><style>{css}</style></head><body><main>"
    )


def _headline(sections: list[Section]) -> str:
    models = {Path(str(s.manifest.get("settings", {}).get("model", s.path.stem))).name for s in sections}
    return f"{', '.join(sorted(models))}: {len(sections)} result file{'s' if len(sections) > 1 else ''}"
