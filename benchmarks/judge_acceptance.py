"""How often a calibration lets a judge model pass, by its true error rates: simulated with the suite's own rule.

    python -m benchmarks.judge_acceptance

A line per judge: the share of its errors on right and on wrong answers; columns: pairs of the calibration.
"""

from __future__ import annotations

import random
from collections import Counter

from util.distill.judge_calibration import Calibration, calibrated
from util.distill.judge_draw import Draw, Drawn
from util.distill.judge_prompt import AnswerPair, JudgeReading

SIZES = (60, 100, 200, 400)
JUDGES = ((0.0, 0.0), (0.01, 0.01), (0.02, 0.02), (0.05, 0.05), (0.0, 0.05), (0.0, 0.1), (0.1, 0.1), (0.0, 0.2))
RUNS = 2000
LEAST = 0.95


def draw_of(size: int) -> Draw:
    """Made-up pairs, half of them right."""
    pairs = [AnswerPair(f"{number}?", "gold", "answer") for number in range(size)]
    return Draw(
        [Drawn(0, pair, True) for pair in pairs[: size // 2]], [Drawn(0, pair, False) for pair in pairs[size // 2 :]]
    )


def tried(draw: Draw, rejects: float, accepts: float, chance: random.Random) -> Calibration:
    """One calibration of a judge that rejects right answers and accepts wrong ones at these rates."""

    def say(each: Drawn) -> JudgeReading:
        wrong = chance.random() < (rejects if each.rules else accepts)
        return JudgeReading(each.rules is not wrong, "")

    return calibrated("simulated", draw, say)


def main() -> None:
    chance = random.Random(0)
    print(f"{'false rejects':>14}{'false accepts':>14}" + "".join(f"{size:>8}" for size in SIZES))
    for rejects, accepts in JUDGES:
        passed = Counter[int]()
        for size in SIZES:
            draw = draw_of(size)
            passed[size] = sum(tried(draw, rejects, accepts, chance).refusal(LEAST) is None for _ in range(RUNS))
        print(f"{rejects:>14.0%}{accepts:>14.0%}" + "".join(f"{passed[size] / RUNS:>8.1%}" for size in SIZES))


if __name__ == "__main__":
    main()
