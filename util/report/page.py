"""The report page: one HTML file that works offline, with its texts in compressed chunks."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from util.report.controls import problem_list
from util.report.figures import overview, section_view
from util.report.funnel_picture import TrainingFunnel, funnel_view
from util.report.how_made import how_made
from util.report.packed import pack, parts_of
from util.report.packing import embedded
from util.report.page_scripts import ASSETS, STYLES, scripts
from util.report.section import Section
from util.report.summary_table import headline, summary
from util.results.writing import write_atomically


def write_page(path: Path, sections: list[Section], funnel: TrainingFunnel, made: Mapping[str, str]) -> None:
    """Write the report of ``sections``. made: facts about the report itself (command, time, versions).

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, _parts(sections, funnel, made))


def _parts(sections: list[Section], funnel: TrainingFunnel, made: Mapping[str, str]) -> Iterator[str]:
    nonce = secrets.token_hex(16)
    title = headline(sections)
    yield _head(nonce, title)
    yield f'<h1>{escape(title)}</h1><p class="lead">{escape(made.get("created", ""))}</p>'
    yield summary(sections)
    yield overview(sections)
    yield funnel_view(funnel)
    for section in sections:
        yield section_view(section)
    yield problem_list()
    yield how_made(sections, made)
    yield "</main>"
    # The texts come last, so that the list can be used before a browser has read them.
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        yield pack(sections, spool.write)
        manifests = {str(section.path): section.manifest for section in sections}
        yield f'<script type="application/json" id="manifests" nonce="{nonce}">{embedded(manifests)}</script>'
        for script in scripts():
            yield f'<script nonce="{nonce}">{script}</script>'
        yield from parts_of(spool)
    yield "</body></html>\n"


def _head(nonce: str, title: str) -> str:
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{css}</style></head><body><main>"
    )
