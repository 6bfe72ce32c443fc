"""Options of pass rates in a run: which problems it samples, and how long."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.metrics.band_rule import Band, DecisionPlan, band, decision_plan
from util.run.known_rates import RateSelection
from util.system.arguments import positive_int, share_or_percent
from util.system.errors import UserError
from util.system.options import option, options_from

N_MAX, ROUND, ERROR = 16, 2, 0.05


@dataclass(frozen=True)
class DecisionOptions:
    """pass_rate_from: file or folder, and the band. until_decided: None makes --n responses of every problem."""

    pass_rate_from: list[str] | None = option(
        "use only problems whose share of right responses in these result files lies in this band, bounds included: a file or "
        "folder of an earlier run, then LOW:HIGH, for example results/small-model 0.1:0.8",
        nargs=2,
        metavar=("FILE", "LOW:HIGH"),
    )
    until_decided: Band | None = option(
        "sample each problem in rounds, and stop as soon as it is decided whether its share of right responses is inside of "
        "this band, bounds included, for example 0.1:0.8",
        type=band,
        metavar="LOW:HIGH",
    )
    n_max: int | None = option(
        f"with --until-decided: maximum responses per problem; default: {N_MAX}", type=positive_int, metavar="N"
    )
    round: int | None = option(
        f"with --until-decided: responses per round; default: {ROUND}", type=positive_int, metavar="N"
    )
    decision_error: float | None = option(
        "with --until-decided: how often a problem of any pass rate may be decided otherwise than all --n-max responses would "
        f"decide it; a smaller error needs more responses; default: {ERROR}",
        type=share_or_percent,
        metavar="E",
    )


def selection_of(args: argparse.Namespace) -> RateSelection | None:
    """The selection by the rates of an earlier run that a command asks for.

    Raises:
        UserError: its second word is no band.
    """
    given = options_from(DecisionOptions, args).pass_rate_from
    if given is None:
        return None
    try:
        return RateSelection(Path(given[0]).expanduser(), band(given[1]))
    except argparse.ArgumentTypeError as error:
        raise UserError(f"--pass-rate-from {given[0]} {given[1]}: the band {error}.") from None


def plan_of(args: argparse.Namespace) -> DecisionPlan | None:
    """The plan that a command asks for; sets ``args.n`` to its maximum.

    Raises:
        UserError: options that do not go together, or that leave nothing to decide.
    """
    options = options_from(DecisionOptions, args)
    given = {
        "--n-max": options.n_max, "--round": options.round, "--decision-error": options.decision_error,
    }  # fmt: skip
    if options.until_decided is None:
        if named := [name for name, value in given.items() if value is not None]:
            raise UserError(f"{named[0]} needs --until-decided LOW:HIGH, such as 0.1:0.8. For a fixed number use --n.")
        return None
    if args.n != 1:
        raise UserError(
            f"--n {args.n} and --until-decided cannot be combined: the number of responses differs from problem to problem. "
            f"Set their maximum with --n-max {args.n}."
        )
    if args.inference:
        raise UserError(
            "--until-decided needs the verdicts while it samples: leave --inference out, so that responses are judged."
        )
    n_max = options.n_max if options.n_max is not None else N_MAX
    size = options.round if options.round is not None else min(ROUND, n_max)
    error = options.decision_error if options.decision_error is not None else ERROR
    args.n = n_max
    try:
        return decision_plan(options.until_decided, n_max, size, error)
    except ValueError as why:
        raise UserError(f"--until-decided {options.until_decided} --n-max {n_max} --round {size}: {why}.") from None


def check_plan(temperatures: list[float], *, batch: bool) -> None:
    """Refuse runs whose samples are no independent ones of one distribution, or cannot be made in rounds.

    Raises:
        UserError: says what to change.
    """
    if len(temperatures) != 1:
        raise UserError("--until-decided needs a single temperature: the rates at several are not one rate.")
    if temperatures[0] == 0.0:
        raise UserError(
            "--until-decided needs a temperature above 0: at 0 all responses to a problem are nearly the same. Set "
            "--temperatures 0.7, or what the model's authors recommend (--preset)."
        )
    if batch:
        raise UserError("--until-decided cannot be combined with --batch: each round would wait for a batch.")


def described(plan: DecisionPlan) -> dict[str, Any]:
    """The plan in a manifest."""
    return {
        "band": str(plan.band), "n_max": plan.n_max, "round": plan.round_size, "error": plan.error,
        "proven_error": round(plan.bound, 4),
    }  # fmt: skip
