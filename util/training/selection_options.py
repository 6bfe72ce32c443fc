"""Options of the selection: which responses of a problem are used."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import positive_int
from util.system.options import option

SELECTIONS = ("all", "first", "shortest", "longest")
DIVERSE = "diverse:"
PAIR_WITH = ("longest", "incorrect", "both")
UNDECIDED, PROSE = "undecided", "prose"
"""Those of ``util.results.model_verdicts``, which needs a package: --help does not."""


def selection(text: str) -> str:
    """A name of SELECTIONS, or ``diverse:K``.

    >>> selection("diverse:4")
    'diverse:4'
    """
    if text in SELECTIONS or re.fullmatch(r"diverse:[1-9]\d{0,3}", text):
        return text
    if text.startswith("diverse"):
        raise argparse.ArgumentTypeError(f"{text!r} needs a number of responses, such as diverse:4")
    near = difflib.get_close_matches(text, SELECTIONS, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise argparse.ArgumentTypeError(f"{text!r} is not a selection: {hint}Choose {', '.join(SELECTIONS)} or diverse:K")


@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """max_per_problem: None means one, all with select "all", K with "diverse:K". accept_judged: None takes what the rules accepted."""

    select: str = option(
        "right responses to use per problem: all, first, shortest, longest (in characters), or diverse:K, the K that share "
        "the fewest word trigrams, the shortest among them",
        default="all", type=selection, metavar="{all,first,shortest,longest,diverse:K}",
    )  # fmt: skip
    max_per_problem: int | None = option(
        "maximum responses per problem; default: all with --select all, K with diverse:K, else one",
        type=positive_int, metavar="N",
    )  # fmt: skip
    per_source: int | None = option(
        "use at most N problems of each source (as the table of counts names them), chosen by a hash of the problem: with "
        "more rows or another order of files the same problems are chosen, as far as N allows",
        type=positive_int, metavar="N",
    )  # fmt: skip
    mix: Path | None = option(
        "a TOML or JSON file from source to its number of rows (5000) or share of all rows (0.3); total and max_repeats "
        "(1: no row twice) may be set in it",
        type=Path, metavar="FILE",
    )  # fmt: skip
    pair_with: str = option(
        "rejected responses of preference pairs; the chosen one is the shortest right one",
        default="both",
        choices=PAIR_WITH,
    )
    accept_judged: str | None = option(
        "also use responses that only a judge model accepts (--judge-model of inference_and_check.py): undecided takes "
        "those without a verdict of the rules; prose also those that the rules reject for other words than a gold answer "
        "in prose",
        nargs="?",
        const=UNDECIDED,
        choices=(UNDECIDED, PROSE),
    )
