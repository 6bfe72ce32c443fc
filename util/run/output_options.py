"""What eval.py gives besides scores: results by date, and a table."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from util.system.arguments import day
from util.system.options import option


def table_file(text: str) -> Path:
    """The path of ``--table``; its end names the form, as in ``util/report/score_table.py``."""
    path = Path(text)
    if path.suffix not in (".md", ".tex"):
        raise argparse.ArgumentTypeError(f"must end in .md (Markdown) or .tex (LaTeX), unlike {text!r}")
    return path


@dataclass(frozen=True)
class OutputOptions:
    """cutoff: a model's release. table: a file in Markdown or LaTeX."""

    cutoff: date | None = option(
        "also give the accuracy on problems from before and since this day, such as the model's release, and the "
        "difference: a fall hints at contamination (LiveCodeBench, AIME and other contests with dates)",
        type=day,
        metavar="DATE",
    )
    table: Path | None = option(
        "also write the scores, with those of earlier runs in --output-file, as a Markdown or LaTeX table: each number with "
        "its interval, n, temperature, limits on tokens, truncation and date",
        type=table_file,
        metavar="FILE.md|FILE.tex",
    )
