"""The scores of eval.py as a table for a README or a paper: every number with what it depends on.

A row names the responses per problem, the temperature, the limits on tokens, the share of truncated responses and the 95 %
interval; without them two accuracies cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.report.score_records import Record
from util.report.target_note import in_short
from util.results.writing import write_atomically

_UNKNOWN = "?"
_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}  # fmt: skip


@dataclass(frozen=True)
class ScoreRow:
    """One benchmark of one model at one temperature. value, low, high: pass@1 in percent, None without a score.

    Settings are texts, "?" where the file does not tell them (a result of an older version). truncated, not_judged: shares
    of the responses in percent; those that failed are among the not judged.
    """

    model: str
    benchmark: str
    value: float | None
    low: float | None
    high: float | None
    problems: str
    n: str
    temperature: str
    top_p: str
    max_tokens: str
    thinking_budget: str
    truncated: float | None
    not_judged: float | None
    date: str

    def cells(self) -> list[str]:
        score = "no score"
        if self.value is not None:
            score = f"{self.value:.1f} [{self.low:.1f}, {self.high:.1f}]"
        shares = ["?" if share is None else f"{share:.1f}" for share in (self.truncated, self.not_judged)]
        limits = (
            self.max_tokens
            if self.thinking_budget in ("-", "?")
            else f"{self.max_tokens}, thought {self.thinking_budget}"
        )
        return [
            self.model, self.benchmark, score, self.problems, self.n, self.temperature, self.top_p, limits, *shares,
            self.date[:10],
        ]  # fmt: skip


HEAD = (
    "model", "benchmark", "pass@1, % [95 % interval]", "problems", "n", "temperature", "top-p", "max. tokens", "truncated, %",
    "not judged, %", "date",
)  # fmt: skip


def score_rows(records: Iterable[Record]) -> Iterator[ScoreRow]:
    """The rows of records with details, in their order; one without a score has a row as well."""
    for found in records:
        if not found.keys() - {"benchmark", "model", "score"}:
            continue  # a score of a file whose details are gone
        name = found["benchmark"]
        metrics, counts = found.get("metrics") or {}, found.get("by_temperature") or {}
        for label in list(counts) or list(metrics) or [_UNKNOWN]:
            yield _row(name, found, label, metrics.get(label, {}).get("pass@1"), counts.get(label))


def _row(name: str, found: Mapping[str, Any], label: str, score: list[float] | None, counts: Any) -> ScoreRow:
    settings = found.get("settings") or {}
    budget = settings.get("thinking_budget", _UNKNOWN)
    value, low, high = (None, None, None) if score is None else (100 * number for number in score)

    def share(field: str) -> float | None:
        return 100 * counts[field] / counts["responses"] if counts and counts["responses"] else None

    return ScoreRow(
        model=str(found.get("model", _UNKNOWN)),
        benchmark=name,
        value=value,
        low=low,
        high=high,
        problems=str(found.get("problems", _UNKNOWN)),
        n=str(settings.get("n", _UNKNOWN)) + in_short(found.get("target_halfwidth")),
        temperature=label,
        top_p=_number(settings.get("top_p", _UNKNOWN)),
        max_tokens=str(settings.get("max_tokens", _UNKNOWN)),
        thinking_budget="-" if budget is None else str(budget),
        truncated=share("truncated"),
        not_judged=share("not_judged"),
        date=str(found.get("date", _UNKNOWN)),
    )


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def markdown(rows: list[ScoreRow]) -> str:
    """A table of GitHub's Markdown."""

    def line(cells: list[str]) -> str:
        return (
            "| " + " | ".join(" ".join(cell.split()).replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"
        )

    return "\n".join([line(list(HEAD)), "|" + "---|" * len(HEAD), *(line(row.cells()) for row in rows)]) + "\n"


def latex(rows: list[ScoreRow]) -> str:
    """A ``tabular`` with the rules of booktabs."""

    def line(cells: list[str]) -> str:
        return (
            " & ".join("".join(_LATEX.get(letter, letter) for letter in " ".join(cell.split())) for cell in cells)
            + r" \\"
        )

    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            f"\\begin{{tabular}}{{ll{'r' * (len(HEAD) - 3)}l}}",
            r"\toprule",
            line(list(HEAD)),
            r"\midrule",
            *(line(row.cells()) for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    ) + "\n"  # fmt: skip


FORMS = {".md": markdown, ".tex": latex}
"""End of the file's name -> what writes it."""


def write_table(path: Path, records: Iterable[Record]) -> None:
    """Write the table of records, in the form that the path's end names.

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, [FORMS[path.suffix](list(score_rows(records)))])
