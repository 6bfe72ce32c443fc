"""Options of what is written beside a training file for those who use it: the dataset card and the passport."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from util.system.options import option

CARD_BESIDE = Path(".card.md")
"""What ``--card`` without a file means: NAME.card.md beside the output."""


@dataclass(frozen=True, kw_only=True)
class PublicationOptions:
    """measured: whether the report needs the lengths of rows, for a card. passport: None writes none."""

    card: Path | None = option(
        "write a dataset card: command, models, funnel, lengths with a plot, licences, contamination; without FILE it is "
        "NAME.card.md beside the output. --push-to-hub uploads one in any case",
        type=Path, nargs="?", const=CARD_BESIDE, metavar="FILE",
    )  # fmt: skip
    passport: Path | None = option(
        "write a line of JSON per row in the same order: result file, problem, sample, model, settings, verdict with its "
        "evidence, hashes; `python -m util.training.verify` judges the file again with it",
        type=Path, metavar="FILE",
    )  # fmt: skip
    measured: bool = False


def card_file(card: Path | None, output: Path) -> Path | None:
    """Where the card of a training file is written, None for nowhere."""
    return output.with_name(output.stem + CARD_BESIDE.name) if card == CARD_BESIDE else card


def plot_file(output: Path) -> str:
    """The name of the plot of lengths, beside the card."""
    return f"{output.stem}.lengths.svg"
