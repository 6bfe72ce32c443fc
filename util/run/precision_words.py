"""What a run with ``--target-halfwidth`` says: how many samples it takes, and what became of the target."""

from __future__ import annotations

import math
from dataclasses import replace

from util.metrics.precision import PrecisionTarget, RateMoments, points


def expectation(target: PrecisionTarget, problems: int) -> str:
    """How many samples per problem a target takes before there is any: at worst, and at best."""
    first, worst, best = target.first(problems), target.always_enough(problems), target.at_best(problems)
    half = f"±{points(target.half_width)}"
    if worst <= first:
        return f"{worst:.0f} responses per problem give {half} whatever the rates of the {problems} problems are"
    if math.isfinite(worst):
        return (
            f"at most {worst:.0f} responses per problem ({worst * problems:,.0f} in all) give {half}, fewer where problems are "
            f"nearly always or never solved; an estimate follows after the first {first}"
        )
    return (
        f"no number of responses is sure to give {half}: problems that are always or never solved give at worst "
        f"±{points(_worst(target, problems))} with any number of responses, problems that are all alike need {best:,.0f} each; "
        f"an estimate follows after the first {first}"
    )


def forecast(target: PrecisionTarget, moments: RateMoments) -> str:
    """How many samples per problem a target takes, judging by those that there are."""
    n, now = int(moments.n), f"±{points(float(target.half(moments)))}"
    text = f"{n} responses per problem: pass@1 {float(moments.mean):.4f} {now} points"
    if bool(target.reached(moments)):
        return f"{text}, which is within ±{points(target.half_width)}"
    if n == 1:
        return text
    needed = float(target.needed(moments))
    if math.isfinite(needed):
        return (
            f"{text}; ±{points(target.half_width)} takes about {needed:.0f} per problem"
            f"{f', above --n-max {target.n_max}' if needed > target.n_max else ''}"
        )
    return f"{text}; with any number of responses about {floor(target, moments)}, above ±{points(target.half_width)}"


def floor(target: PrecisionTarget, moments: RateMoments) -> str:
    return f"±{points(float(target.floor(moments)))}"


def other_half(target: PrecisionTarget, moments: RateMoments) -> str:
    """The half-width that the target is not about."""
    if target.scope == "problems":
        return f"for these problems alone ±{points(float(replace(target, scope='samples').half(moments)))}"
    return f"for all problems of this kind ±{points(float(replace(target, scope='problems').half(moments)))}"


def _worst(target: PrecisionTarget, problems: int) -> float:
    from util.metrics.intervals import mean_estimate

    halves = [1.0] * (problems // 2) + [0.0] * (problems - problems // 2)
    found = mean_estimate(halves, 1000 * problems)
    return max(found.value - found.low, found.high - found.value)
