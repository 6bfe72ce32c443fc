"""The responses on which a tool and a grader disagree: as CSV, as a page, and explained on the console."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, TextIO

from util.records import Verdict
from util.referee.rejudge import Rejudged
from util.referee.scores import SetScores, disagrees
from util.referee.shown import described
from util.report.page_scripts import ASSETS

COLUMNS = (
    "set", "problem", "gold", "their_answer", "their_score", "grader", "answer", "verdict", "reason", "question", "response",
)  # fmt: skip
ON_THE_PAGE = 2_000
"""Maximum number of responses on the page; the CSV has all."""
SHOWN = 20_000
"""Characters of a response on the page, from its end, where the answer is."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A response, and a verdict that differs from the tool's."""

    rejudged: Rejudged
    grader: str
    verdict: Verdict

    @property
    def answer(self) -> str:
        return str((self.verdict.evidence or {}).get("answer") or "")

    def row(self) -> list[Any]:
        sample = self.rejudged.sample
        return [
            self.rejudged.set_name, sample.problem, self.rejudged.gold, sample.answer, sample.score, self.grader, self.answer,
            _word(self.verdict), self.verdict.reason, sample.question, sample.response,
        ]  # fmt: skip


def disagreements(rejudged: Rejudged) -> Iterator[Disagreement]:
    """Of one response, at most one per grader."""
    for grader, verdict in rejudged.verdicts.items():
        if disagrees(rejudged.sample.score, verdict):
            yield Disagreement(rejudged, grader, verdict)


def csv_writer(file: TextIO) -> Any:
    """A writer with the heading written."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    return writer


def explained(found: Disagreement) -> str:
    """A disagreement in a few lines for the console."""
    sample = found.rejudged.sample
    end = " ".join(sample.response[-400:].split())
    lines = [
        f"{found.rejudged.set_name}, problem {_short(sample.problem, 80)}",
        f"  question  {_short(sample.question, 200)}",
        f"  gold      {_short(str(found.rejudged.gold), 200)}",
        f"  theirs    {_theirs(sample.score)}" + (f", answer {_short(sample.answer, 200)}" if sample.answer else ""),
        f"  {found.grader:<9} {_word(found.verdict)}: {found.verdict.reason}"
        + (f", answer {_short(found.answer, 200)}" if found.answer else ""),
        f"  response  ...{end[-300:]}",
    ]
    return "\n".join(lines)


def page_parts(sets: list[SetScores], found: list[Disagreement], total: int) -> Iterator[str]:
    """The page, which works from disk without a network and runs no script."""
    css = (ASSETS / "report.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Judged again</title><style>{css} pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style></head><body><main>"
        "<h1>Judged again</h1>"
    )
    for scores in sets:
        yield f"<pre>{escape(described(scores))}</pre>"
    yield f"<h2>{total:,} verdicts differ" + (f"; the first {len(found):,}" if len(found) < total else "") + "</h2>"
    for each in found:
        yield _item(each)
    yield "</main></body></html>\n"


def _item(found: Disagreement) -> str:
    sample = found.rejudged.sample
    facts = (
        ("gold", str(found.rejudged.gold)),
        ("theirs", _theirs(sample.score) + (f": {sample.answer}" if sample.answer else "")),
        (
            found.grader,
            f"{_word(found.verdict)}: {found.verdict.reason}" + (f" ({found.answer})" if found.answer else ""),
        ),
    )
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(_short(text, 1_000))}</td></tr>" for name, text in facts)
    cut = "" if len(sample.response) <= SHOWN else f"... {len(sample.response) - SHOWN:,} characters before ...\n"
    return (
        f"<section><h3>{escape(_short(sample.problem, 120))} <small>{escape(found.rejudged.set_name)}</small></h3>"
        f"<table>{table}</table><details><summary>question and response</summary>"
        f"<pre>{escape(sample.question)}</pre><pre>{escape(cut + sample.response[-SHOWN:])}</pre></details></section>"
    )


def write_page(path: Path, sets: list[SetScores], found: list[Disagreement], total: int) -> None:
    """Raises: UserError: the file cannot be written."""
    from util.results.writing import write_atomically

    write_atomically(path, page_parts(sets, found, total))


def _theirs(score: float | None) -> str:
    return "no score" if score is None else "right" if score >= 1 else "wrong" if score <= 0 else f"{score:g}"


def _word(verdict: Verdict) -> str:
    return {True: "right", False: "wrong", None: "not judged"}[verdict.correct]


def _short(text: str | None, most: int) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= most else text[: most - 3] + "..."
