"""How the results were made, as HTML: command and manifest of each result file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from util.report.section import Section


def how_made(sections: list[Section], made: Mapping[str, str]) -> str:
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
