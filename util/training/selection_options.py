"""Options of the selection: which responses of a problem are used."""

from __future__ import annotations

from dataclasses import dataclass

from util.system.arguments import positive_int
from util.system.options import option

SELECTIONS = ("all", "first", "shortest", "longest")
PAIR_WITH = ("longest", "incorrect", "both")
UNDECIDED, PROSE = "undecided", "prose"
"""Those of ``util.results.model_verdicts``, which needs a package: --help does not."""


@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """max_per_problem: None means one, or all with select "all". accept_judged: None takes what the rules accepted."""

    select: str = option(
        "right responses to use per problem; length is in characters", default="all", choices=SELECTIONS
    )
    max_per_problem: int | None = option(
        "maximum responses per problem; default: all with --select all, else one",
        type=positive_int, metavar="N",
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
