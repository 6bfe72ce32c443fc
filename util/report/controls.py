"""The list of problems as HTML without its rows, which the page's scripts add: search, filters, head, pages."""

from __future__ import annotations

from html import escape

VERDICTS = {
    "": "any", "solved": "some right", "unsolved": "none right", "mixed": "some right, some not", "r": "right",
    "w": "wrong", "t": "truncated", "n": "without answer", "u": "not judged", "e": "failed",
}  # fmt: skip
MARKS = {
    "r": '<circle cx="8" cy="8" r="7.5"/><path class="cut-out" d="M4.3 8.3l2.6 2.6 4.8-5.4"/>',
    "w": '<rect x="1" y="1" width="14" height="14" rx="2.5"/><path class="cut-out" d="M5 5l6 6M11 5l-6 6"/>',
    "t": '<path d="M1 1.5h7l-1.6 3.2L8.6 8l-2.2 3.3L8 14.5H1z"/><path class="drawn" d="M12.5 2v2.5m0 2.3v2.4m0 2.3V14"/>',
    "n": '<circle class="drawn" cx="8" cy="8" r="6.2"/><path class="drawn" d="M5.2 8h5.6"/>',
    "u": '<path class="drawn" d="M8 1.4L14.6 8 8 14.6 1.4 8z"/><path class="drawn" d="M8 5.2v3"/><circle cx="8" cy="10.9" r="1.1"/>',
    "e": '<path d="M8 .8l7.6 14H.4z"/><path class="cut-out" d="M8 5.6v4"/><circle class="cut-dot" cx="8" cy="12.2" r="1.1"/>',
}
"""Verdict code -> its shape, 16 by 16, in the current colour: each can be told from the others without colours."""

FACETS = {"file": "Benchmark", "level": "Level", "subject": "Subject", "source": "Source", "t": "Temperature"}
"""Selects that filters.js fills with the values of the problems, and hides where there is one value."""


def problem_list() -> str:
    symbols = "".join(f'<symbol id="mark-{code}" viewBox="0 0 16 16">{shape}</symbol>' for code, shape in MARKS.items())
    verdicts = "".join(f'<option value="{code}">{name}</option>' for code, name in VERDICTS.items())
    return (
        f'<svg class="symbols" aria-hidden="true">{symbols}</svg><section id="browser" aria-labelledby="browse">'
        f'<h2 id="browse">Problems</h2><div class="bar" role="search">'
        '<input type="search" id="search" placeholder="Words, &quot;a phrase&quot;" aria-label="Search: words, or phrases in quotation marks">'
        '<label class="check"><input type="checkbox" id="deep"> in responses</label>'
        '<span class="soft" id="count" role="status" aria-live="polite"></span></div>'
        '<details id="filters"><summary>Filter and sort<span id="active"></span></summary><div class="fields">'
        + _select("verdict", "Verdict", verdicts)
        + "".join(_select(name, label, '<option value="">all</option>') for name, label in FACETS.items())
        + _range("tokens", "Tokens of a response")
        + _range("agree", "Agreement, %")
        + _select("sort", "Sort by", '<option value="">order of the file</option>')
        + '</div></details><div class="actions"><ul id="verdicts" aria-label="Samples of these problems by verdict"></ul>'
        '<span class="buttons"><button type="button" id="reset" hidden>Remove filters</button>'
        '<label class="check"><input type="checkbox" id="math" checked> render math</label>'
        '<button type="button" id="csv" title="the listed problems, a row each">CSV</button>'
        '<button type="button" id="jsonl" title="the listed problems with their responses">JSONL</button></span></div>'
        '<p id="message" role="status" aria-live="polite"></p>'
        '<table class="problems" role="table" aria-labelledby="browse"><thead id="head" role="rowgroup"></thead>'
        '<tbody id="problems" role="rowgroup"></tbody></table><p id="nothing" class="soft" hidden>No problem matches.</p>'
        "<noscript><p>The list of problems needs JavaScript.</p></noscript>"
        '<nav class="pages" aria-label="Pages"><button type="button" id="back">Back</button><span id="page"></span>'
        '<button type="button" id="next">Next</button></nav></section>'
    )


def _select(name: str, label: str, options: str) -> str:
    return f'<label class="field">{escape(label)}<select id="{name}">{options}</select></label>'


def _range(name: str, label: str) -> str:
    ends = " – ".join(
        f'<input type="text" inputmode="numeric" pattern="[0-9]*" id="{name}-{end}" size="6" aria-label="{label}: {words}" placeholder="{words}">'
        for end, words in (("low", "from"), ("high", "to"))
    )
    return f'<div class="field range" id="{name}" role="group" aria-label="{label}"><span>{label}</span><span>{ends}</span></div>'
