"""Whether intervals that ``eval.py --target-halfwidth`` stops at contain the true rate, and how many samples it takes.

    python -m benchmarks.target_halfwidth [--runs 4000] [--scope problems samples] [--problems 100 500] [--rates 0.1 0.5 0.8]

Problems have rates from beta distributions of each mean; "unlike" is how much they differ: 0 (all alike), or the share of the
variance that lies between problems (0.2: 4 pseudo-observations, 0.5: 1, 0.77: 0.3). Each run gets a target that takes about 4,
8, 16 or 32 samples per problem ("about"), looks at the ends of rounds as eval.py does, and stops when it is reached, out of
reach, or at --n-max. "coverage": how often the interval at the stop has the truth: the mean of the distribution (problems),
or that of the drawn problems' own rates (samples). "fixed": the same of "about" samples without looking. "n": mean samples per
problem. Exit status 1: a line, or the mean of all lines of a number of problems, covers less than
the least coverage (94 %; lines by more than three standard errors), except where the fixed number does, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from util.metrics.precision import SCOPES, PrecisionTarget, RateMoments, Scope, moments_of
from util.system.arguments import positive_int, share

if TYPE_CHECKING:
    import numpy as np

LEAST = 0.94
ABOUT = (4, 8, 16, 32)
UNLIKE = (0.0, 0.2, 0.5, 0.77)


@dataclass(frozen=True)
class Setting:
    """A benchmark's problems, and a target. rate: their mean rate. unlike: see above. about: samples it takes."""

    scope: Scope
    problems: int
    rate: float
    unlike: float
    about: int

    def rates(self, runs: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """True rates of the problems of each run."""
        import numpy as np

        if not self.unlike:
            return np.full((runs, self.problems), self.rate)
        weight = 1 / self.unlike - 1
        found: np.ndarray[Any, Any] = rng.beta(weight * self.rate, weight * (1 - self.rate), (runs, self.problems))
        return found

    def target(self, n_max: int) -> PrecisionTarget:
        """The half-width that ``about`` samples per problem have in the mean."""
        full = self.rate * (1 - self.rate)
        between, within = full * self.unlike, full * (1 - self.unlike)
        fixed = between if self.scope == "problems" else 0.0
        return PrecisionTarget(
            float(1.96 * ((fixed + within / self.about) / self.problems) ** 0.5), self.scope, n_max=n_max
        )


@dataclass(frozen=True)
class Ended:
    """What became of the runs: shares of them, and the mean number of samples per problem."""

    coverage: float
    fixed: float
    reached: float
    hopeless: float
    samples: float


def simulate(setting: Setting, runs: int, n_max: int, rng: np.random.Generator) -> Ended:
    """Sample in rounds until each run ends."""
    import numpy as np

    target, rates = setting.target(n_max), setting.rates(runs, rng)
    truth = rates.mean(1) if setting.scope == "samples" else np.full(runs, setting.rate)
    n = np.full(runs, float(target.first(setting.problems)))
    right = rng.binomial(n[:, None].astype(int), rates)
    inside, reached, hopeless = (np.zeros(runs, dtype=bool) for _ in range(3))
    left = np.arange(runs)
    while len(left):
        counts = moments_of(right[left], n[left])
        done, lost = target.reached(counts), target.hopeless(counts)
        ends = done | lost | (n[left] >= n_max)
        inside[left[ends]] = _covers(target, counts, truth[left])[ends]
        reached[left[ends]], hopeless[left[ends]] = done[ends], lost[ends]
        following = target.following(counts)[~ends]
        left = left[~ends]
        right[left] += rng.binomial((following - n[left])[:, None].astype(int), rates[left])
        n[left] = following
    once = moments_of(rng.binomial(setting.about, rates), np.full(runs, float(setting.about)))
    fixed = _covers(target, once, truth)
    return Ended(*(float(each.mean()) for each in (inside, fixed, reached, hopeless, n)))


def _covers(target: PrecisionTarget, counts: RateMoments, truth: np.ndarray[Any, Any]) -> Any:
    low, high = target.interval(counts)
    return (low <= truth + 1e-12) & (truth <= high + 1e-12)


def settings(args: argparse.Namespace) -> Iterator[list[Setting]]:
    """The settings of each scope and number of problems."""
    for scope in args.scope:
        for problems in args.problems:
            yield [
                Setting(scope, problems, rate, unlike, about)
                for rate in args.rates
                for unlike in UNLIKE
                for about in ABOUT
            ]


def main() -> int:
    import numpy as np

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=positive_int, default=4000)
    parser.add_argument("--scope", nargs="+", choices=SCOPES, default=SCOPES)
    parser.add_argument("--problems", nargs="+", type=positive_int, default=[100, 500])
    parser.add_argument("--rates", nargs="+", type=share, default=[0.1, 0.3, 0.5, 0.8, 0.9])
    parser.add_argument("--n-max", type=positive_int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng, good = np.random.default_rng(args.seed), True
    noise = 3 * (LEAST * (1 - LEAST) / args.runs) ** 0.5
    print("scope     problems  rate  unlike  about  target  coverage   fixed  reached  out of reach     n")
    for group in settings(args):
        all_of = []
        for each in group:
            ended = simulate(each, args.runs, args.n_max, rng)
            all_of.append(ended)
            low = ended.coverage < LEAST - noise and ended.coverage < ended.fixed - noise
            good &= not low
            print(
                f"{each.scope:<10}{each.problems:>8}{each.rate:>6g}{each.unlike:>8g}{each.about:>7}"
                f"{100 * each.target(args.n_max).half_width:>8.2f}{ended.coverage:>10.1%}{ended.fixed:>8.1%}"
                f"{ended.reached:>9.0%}{ended.hopeless:>14.0%}{ended.samples:>6.1f}{'  LOW' if low else ''}",
                flush=True,
            )
        mean, fixed = (sum(getattr(each, name) for each in all_of) / len(all_of) for name in ("coverage", "fixed"))
        good &= mean >= LEAST
        print(
            f"{group[0].scope}, {group[0].problems} problems: coverage {mean:.2%} in the mean of {len(group)} lines, "
            f"least {min(each.coverage for each in all_of):.1%}; fixed {fixed:.2%}, "
            f"least {min(each.fixed for each in all_of):.1%}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
