"""Options of eval.py that name the precision of a score instead of a number of responses."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

from util.metrics.precision import FIRST, SCOPES, PrecisionTarget, Scope
from util.run.options import RunOptions, run_options
from util.system.arguments import positive_int
from util.system.errors import UserError
from util.system.options import option, options_from

N_MAX = 64


def half_width(text: str) -> float:
    """Percentage points as a share.

    >>> half_width("2.0"), half_width("0.5")
    (0.02, 0.005)
    """
    try:
        points = float(text)
    except ValueError:
        points = 0.0
    if not 0 < points < 50:
        raise argparse.ArgumentTypeError(f"must be percentage points above 0 and below 50, such as 2.0, not {text!r}")
    return points / 100


@dataclass(frozen=True)
class PrecisionOptions:
    """target_halfwidth: a share; None makes --n responses. round: responses per round, None for what the estimate names."""

    target_halfwidth: float | None = option(
        "instead of a fixed --n: go on with further responses to every problem until the 95 %% interval of pass@1 is at most "
        "this many percentage points wide on its longer side, for example 2.0; tells before the run, and after each round, "
        "how many responses that takes, and stops where more cannot reach it",
        type=half_width,
        metavar="POINTS",
    )
    halfwidth_of: Scope = option(
        "with --target-halfwidth: the interval for all problems of this kind (problems, the one that is always printed; it has a floor "
        "that only more problems lower), or for the mean over these problems alone (samples: the error of sampling, which "
        "more responses bring to 0)",
        default="problems",
        choices=SCOPES,
    )
    n_max: int | None = option(
        f"with --target-halfwidth: maximum responses per problem; default: {N_MAX}, or --n where that is more",
        type=positive_int,
        metavar="N",
    )
    round: int | None = option(
        f"with --target-halfwidth: responses per round; by default the first has {FIRST} (or --n) and each further one goes to "
        "the estimated number, at most doubling it",
        type=positive_int,
        metavar="N",
    )


def run_options_of(args: argparse.Namespace, default_temperature: float) -> RunOptions:
    """The options of a run, with the target that the command names, if it names one.

    Raises:
        UserError: options do not go together.
    """
    given = options_from(PrecisionOptions, args)
    if given.target_halfwidth is None:
        _unused(given)
        return run_options(args, default_temperature)
    n_max = given.n_max if given.n_max is not None else max(N_MAX, args.n)
    if args.n > n_max:
        raise UserError(f"--n {args.n}, the least number of responses, is above --n-max {n_max}: raise that.")
    if getattr(args, "thinking_budgets", None):
        raise UserError(
            "--thinking-budgets and --target-halfwidth cannot be combined: the thoughts of a fixed number of responses are "
            "cut. Reach the target first, then run with --n and the number that it took."
        )
    several = argparse.Namespace(**{**vars(args), "n": n_max})  # which choose the default temperature of several
    options = run_options(several, default_temperature)
    _check(options)
    target = PrecisionTarget(given.target_halfwidth, given.halfwidth_of, args.n, n_max, given.round)
    return replace(options, precision=target)


def _unused(given: PrecisionOptions) -> None:
    named = {"--n-max": given.n_max, "--round": given.round, "--halfwidth-of": given.halfwidth_of != "problems" or None}
    if unused := [name for name, value in named.items() if value is not None]:
        raise UserError(f"{unused[0]} needs --target-halfwidth POINTS, such as 2.0. For a fixed number use --n.")


def _check(options: RunOptions) -> None:
    """Refuse runs whose samples are no independent ones of one distribution, or cannot be made in rounds."""
    temperatures = options.sampling.temperatures
    if len(temperatures) != 1:
        raise UserError(
            "--target-halfwidth needs a single temperature, since each has an accuracy and an interval of its own. Run one "
            "temperature at a time; they share the result file."
        )
    if temperatures[0] == 0.0:
        raise UserError(
            "--target-halfwidth needs a temperature above 0: at 0 further responses to a problem repeat the first. Set "
            "--temperatures 0.7, or what the model's authors recommend (--preset)."
        )
    if options.engine.is_api and options.engine.api.batch:
        raise UserError("--target-halfwidth cannot be combined with --batch: each round would wait for a batch.")


def described(target: PrecisionTarget) -> dict[str, Any]:
    """The target in a manifest and in the details of a score."""
    return {
        "points": round(100 * target.half_width, 6), "of": target.scope, "least": target.least, "n_max": target.n_max,
        "round": target.round_size,
    }  # fmt: skip
