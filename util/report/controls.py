"""The list of problems as HTML without its rows, which browser.js adds: search, filters, paging."""

from __future__ import annotations

from html import escape

from util.report.section import Section

FILTERS = {
    "all": "all verdicts", "solved": "some right", "unsolved": "none right", "mixed": "some right, some not",
    "w": "some wrong", "t": "some truncated", "n": "some without answer", "u": "some not judged", "e": "some failed",
}  # fmt: skip


def problem_list(sections: list[Section]) -> str:
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
