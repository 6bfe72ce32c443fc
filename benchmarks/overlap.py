"""Generation and checking overlap: wall time of both against the longer of the two.

    python -m benchmarks.overlap

The checks keep one worker's core busy for as long as the generation takes.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.street import PROMPTS, load_engine, make_work, run_once
from util.checking import CheckerPool
from util.verdict import Verdict

MAX_TOKENS = 96


class Busy:
    """A check that computes for a given time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def deadline(self, row: dict[str, Any]) -> float:
        return 60.0

    def check(self, row: dict[str, Any], response: str) -> Verdict:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return Verdict(True, "busy")


def main() -> None:
    engine = load_engine()
    # Responses of many lengths, as real ones: they end over the whole run.
    work = make_work(MAX_TOKENS)
    run_once(work, engine)  # warm-up
    generation, _ = run_once(work, engine)
    pool = CheckerPool(Busy(generation / PROMPTS), 1)
    try:
        both, _ = run_once(work, engine, pool)
    finally:
        pool.close()
    print(f"\ngeneration alone: {generation:.1f} s, checks alone: {generation:.1f} s, both: {both:.1f} s")
    print(f"both / longer: {both / generation:.3f}")


if __name__ == "__main__":
    main()
