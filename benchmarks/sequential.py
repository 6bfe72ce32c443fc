"""What ``--until-decided`` saves, and how often it decides otherwise than a fixed number of responses would.

    python -m benchmarks.sequential [--problems 200000] [--band 0.1:0.8] [--n-max 16] [--round 2] [--decision-error 0.05]

Problems have rates from mixtures of beta distributions: hard Beta(0.3, 6), middle Beta(2, 2), easy Beta(6, 0.3). Every problem
gets n-max verdicts; the test sees them round by round, and its decision is compared with the one that all of them give. "worst"
draws problems of the single rate at which the plan errs most. "coverage" is how often the 95 % interval of the result file, which
takes the number of samples as fixed, has the true rate. Exit status 1: less than 40 % saved in the even mix, or errors above
the proven bound.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from util.metrics.band_rule import DecisionPlan, band, decision_plan
from util.metrics.intervals import Estimate, share_estimate
from util.system.arguments import positive_int, share_or_percent

if TYPE_CHECKING:
    import numpy as np

HARD, MIDDLE, EASY = (0.3, 6.0), (2.0, 2.0), (6.0, 0.3)
MIXES = {
    "hard, middle, easy 1:1:1": ((1, HARD), (1, MIDDLE), (1, EASY)),
    "hard, middle, easy 5:3:2": ((5, HARD), (3, MIDDLE), (2, EASY)),
    "hard, middle, easy 1:3:1": ((1, HARD), (3, MIDDLE), (1, EASY)),
    "uniform": ((1, (1.0, 1.0)),),
    "hard only": ((1, HARD),),
    "middle only": ((1, MIDDLE),),
    "easy only": ((1, EASY),),
}
EVEN = "hard, middle, easy 1:1:1"
LEAST_SAVED = 0.4


@dataclass(frozen=True)
class Simulated:
    """saved: share of the responses of fixed n. wrong: share of problems decided otherwise."""

    saved: Estimate
    wrong: Estimate
    coverage: float
    fixed_coverage: float


def rates_of(mix: str, problems: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """True rates of the problems of a mixture."""
    import numpy as np

    weights = np.array([weight for weight, _ in MIXES[mix]], dtype=float)
    parts = rng.choice(len(weights), problems, p=weights / weights.sum())
    shapes = np.array([shape for _, shape in MIXES[mix]])[parts]
    found: np.ndarray[Any, Any] = rng.beta(shapes[:, 0], shapes[:, 1])
    return found


def simulate(plan: DecisionPlan, rates: np.ndarray[Any, Any], rng: np.random.Generator) -> Simulated:
    """Decide problems of these rates round by round."""
    import numpy as np

    verdicts = rng.random((len(rates), plan.n_max)) < rates[:, None]
    right = {mark: verdicts[:, :mark].sum(1) for mark in plan.looks}
    used, decided = np.zeros(len(rates), dtype=int), np.zeros(len(rates), dtype=bool)
    for mark in plan.looks:
        table = [plan.decide(count, mark) for count in range(mark + 1)]
        stops = np.array([each is not None for each in table])[right[mark]] & (used == 0)
        decided[stops] = np.array([each is True for each in table])[right[mark]][stops]
        used[stops] = mark
    all_right = right[plan.n_max]
    truth = np.array([plan.band.has(count, plan.n_max) for count in range(plan.n_max + 1)])[all_right]
    saved = 1 - used / plan.n_max
    spread = 1.96 * float(saved.std()) / len(rates) ** 0.5
    mean = float(saved.mean())
    seen = np.take_along_axis(verdicts.cumsum(1), used[:, None] - 1, 1)[:, 0]
    return Simulated(
        Estimate(mean, mean - spread, mean + spread, len(rates)),
        share_estimate(int((decided != truth).sum()), len(rates)),
        _coverage(seen, used, rates),
        _coverage(all_right, np.full(len(rates), plan.n_max), rates),
    )


def _coverage(right: np.ndarray[Any, Any], used: np.ndarray[Any, Any], rates: np.ndarray[Any, Any]) -> float:
    """How often the interval of (right, used) has the true rate."""
    import numpy as np

    low, high = np.empty(len(rates)), np.empty(len(rates))
    for r, n in {(int(r), int(n)) for r, n in zip(right, used, strict=True)}:
        found, same = share_estimate(r, n), (right == r) & (used == n)
        low[same], high[same] = found.low, found.high
    return float(((low <= rates) & (rates <= high)).mean())


def worst_rate(plan: DecisionPlan) -> float:
    """The rate at which the plan errs most."""
    return max((step / 1000 for step in range(1001)), key=lambda p: exact_error(plan, p))


def exact_error(plan: DecisionPlan, p: float) -> float:
    """The probability of another decision at the rate p: a sum over all paths of right and wrong samples."""
    from math import comb

    reach, error, before = {0: 1.0}, 0.0, 0
    for mark in plan.looks:
        size, after = mark - before, dict[int, float]()
        for right, chance in reach.items():
            for more in range(size + 1):
                step = comb(size, more) * p**more * (1 - p) ** (size - more)
                after[right + more] = after.get(right + more, 0.0) + chance * step
        left = plan.n_max - mark
        for right in list(after):
            if mark < plan.n_max and (decision := plan.decide(right, mark)) is not None:
                chance = after.pop(right)
                ends = (
                    (comb(left, more) * p**more * (1 - p) ** (left - more), right + more) for more in range(left + 1)
                )
                error += chance * sum(weight for weight, end in ends if plan.band.has(end, plan.n_max) != decision)
        reach, before = after, mark
    return error


def main() -> int:
    import numpy as np

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=positive_int, default=200_000)
    parser.add_argument("--band", type=band, default="0.1:0.8")
    parser.add_argument("--n-max", type=positive_int, default=16)
    parser.add_argument("--round", type=positive_int, default=2)
    parser.add_argument("--decision-error", type=share_or_percent, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    start = time.perf_counter()
    plan = decision_plan(args.band, args.n_max, args.round, args.decision_error)
    print(f"{plan} (planned in {time.perf_counter() - start:.2f} s)")
    rng, good = np.random.default_rng(args.seed), True
    worst = worst_rate(plan)
    print(f"{'problems':<28}{'saved':>26}{'decided otherwise':>30}{'coverage':>12}{'fixed n':>10}")
    for name in [*MIXES, f"worst: all at rate {worst:g}"]:
        rates = rates_of(name, args.problems, rng) if name in MIXES else np.full(args.problems, worst)
        found = simulate(plan, rates, rng)
        saved = f"{found.saved.value:.1%} [{found.saved.low:.1%}, {found.saved.high:.1%}]"
        wrong = f"{found.wrong.value:.2%} [{found.wrong.low:.2%}, {found.wrong.high:.2%}]"
        print(f"{name:<28}{saved:>26}{wrong:>30}{found.coverage:>12.1%}{found.fixed_coverage:>10.1%}")
        good &= found.wrong.low <= plan.bound and (name != EVEN or found.saved.low >= LEAST_SAVED)
    print(f"exact error at the worst rate: {exact_error(plan, worst):.2%}; proven bound: {plan.bound:.2%}")
    return 0 if good and exact_error(plan, worst) <= plan.bound else 1


if __name__ == "__main__":
    sys.exit(main())
