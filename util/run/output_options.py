"""What eval.py gives besides scores: results by date, a table, exports, and a line in a tracker."""

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


EXPORT_FORMS = ("hub", "every-eval-ever")
TRACKERS = ("trackio", "wandb")


@dataclass(frozen=True)
class Export:
    """form: of EXPORT_FORMS."""

    form: str
    path: Path


@dataclass(frozen=True)
class TrackerChoice:
    """name: of TRACKERS."""

    name: str
    project: str


def export(text: str) -> Export:
    """``FORM=FILE``."""
    form, equals, path = text.partition("=")
    if form not in EXPORT_FORMS or not equals or not path:
        raise argparse.ArgumentTypeError(
            f"must be FORM=FILE with the form {' or '.join(EXPORT_FORMS)}, unlike {text!r}"
        )
    return Export(form, Path(path))


def tracker_choice(text: str) -> TrackerChoice:
    """``NAME`` or ``NAME:PROJECT``."""
    name, colon, project = text.partition(":")
    if name not in TRACKERS or (colon and not project):
        raise argparse.ArgumentTypeError(f"must be {' or '.join(TRACKERS)}, or NAME:PROJECT, unlike {text!r}")
    return TrackerChoice(name, project or "sky-t1-tools")


@dataclass(frozen=True)
class OutputOptions:
    """cutoff: a model's release. table: a file in Markdown or LaTeX. export: form -> file. log_to: a tracker."""

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
    export: tuple[Export, ...] = option(
        "also write the scores in another form, FORM=FILE: hub=FILE.yaml (evaluation results for the model's repository on the "
        "Hub) or every-eval-ever=FILE.json (the schema of Every Eval Ever); those of all earlier runs of this model "
        "in --output-file are in it",
        type=export,
        nargs="+",
        default=(),
        metavar="FORM=FILE",
    )
    log_to: TrackerChoice | None = option(
        "log each benchmark's scores, intervals and settings to Trackio or Weights & Biases: trackio, wandb, or with a "
        "project, trackio:PROJECT (default sky-t1-tools); the package must be installed",
        type=tracker_choice,
        metavar="TRACKER[:PROJECT]",
    )
