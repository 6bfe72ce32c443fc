"""The page of an audit: one HTML file without scripts, with every disagreement by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from util.answers.audit import AGREED, KINDS, AuditRow, counted, spelled

TEXT = 4_000
"""Characters at the end of a response that the page shows."""

STYLE = """
:root { --back: #fbfbfa; --card: #fff; --text: #1d2329; --soft: #5d6873; --line: #dfe3e7; --right: #14803c; --wrong: #c0392b;
  color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --back: #14181c; --card: #1c2228; --text: #e6eaee; --soft: #9aa6b2;
  --line: #323b44; --right: #4cc27a; --wrong: #f07e72; } }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.6rem 1rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); } td code { overflow-wrap: anywhere; } .right { color: var(--right); } .wrong { color: var(--wrong); }
.soft { color: var(--soft); font-size: 0.85rem; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def page(rows: list[AuditRow], source: str) -> Iterator[str]:
    """The parts of the page. source: the name of the file that was judged."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Audit of {escape(source)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Audit of {escape(source)}</h1>"
        '<p class="soft">Each answer was judged by the rules of this project and by math-verify.</p>'
    )
    yield _summary(rows)
    for kind in KINDS:
        if found := [row for row in rows if row.kind == kind]:
            yield f"<h2>{escape(kind)}: {len(found):,}</h2>"
            yield from _table(found)
    yield "</main></body></html>\n"


def _summary(rows: list[AuditRow]) -> str:
    counts = counted(rows)
    lines = "".join(f"<tr><td>{escape(kind)}</td><td>{count:,}</td></tr>" for kind, count in counts.items())
    inexact = sum(row.inexact for row in rows)
    note = f'<p class="soft">{inexact:,} accepts of ours are by an inexact rule; {counts[AGREED]:,} rows are not listed.</p>'
    return f'<div class="card"><table><tr><th>kind</th><th>answers</th></tr>{lines}</table></div>{note}'


def _table(rows: Iterable[AuditRow]) -> Iterator[str]:
    yield '<div class="card"><table><tr><th>gold</th><th>answer</th><th>ours</th><th>math-verify</th><th>from</th></tr>'
    for row in rows:
        layer = f" (by {row.layer}{', inexact' if row.inexact else ''})" if row.layer else ""
        yield (
            f"<tr><td><code>{escape(row.item.gold)}</code></td><td><code>{escape(row.answer)}</code></td>"
            f"<td>{_verdict(row.ours.correct)}: {escape(row.ours.reason + layer)}</td>"
            f"<td>{_verdict(row.theirs.correct)}: <code>{escape(row.theirs.reason)}</code></td>"
            f'<td class="soft">{escape(row.item.where)}{_text(row)}</td></tr>'
        )
    yield "</table></div>"


def _verdict(correct: bool | None) -> str:
    word = spelled(correct)
    return f'<b class="{word}">{word}</b>' if correct is not None else f"<b>{word}</b>"


def _text(row: AuditRow) -> str:
    if not row.item.whole:
        return ""
    text = row.item.text
    cut = f"… {text[-TEXT:]}" if len(text) > TEXT else text
    return f"<details><summary>response</summary><pre>{escape(cut)}</pre></details>"
