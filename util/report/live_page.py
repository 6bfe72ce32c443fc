"""The page of the live view: its frame; assets/live.js fills it and keeps it up to date."""

from __future__ import annotations

import secrets

from util.report.packing import packed_script
from util.report.page_scripts import ASSETS, STYLES, scripts, with_responses


def live_page() -> tuple[str, str]:
    """The page, and its Content-Security-Policy."""
    nonce = secrets.token_hex(16)
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in (*STYLES, "live.css"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Live view</title><style>{css}</style></head><body><main>"
        '<h1 id="headline">Live view</h1><p class="lead" id="status" role="status" aria-live="polite">Reading the journals.</p>'
        '<p class="soft" id="hint"></p><div id="runs"></div>'
        '<section id="trouble" hidden><h2>Last problems</h2><ul class="card trouble" id="problems"></ul></section>'
        '<section id="last" hidden><h2>Last responses</h2><div id="latest"></div></section>'
        '<p class="soft" id="clock"></p><input type="checkbox" id="math" checked hidden></main>'
        + packed_script(b'{"problems":[]}', 'id="index"')
        + "".join(f'<script nonce="{nonce}">{text}</script>' for text in scripts(with_responses("live.js")))
        + "</body></html>\n"
    ), policy
