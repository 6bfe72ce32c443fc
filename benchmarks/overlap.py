"""Overlap of generation and checking: wall time of both, relative to the longer of the two.

    python -m benchmarks.overlap

The checks of all responses take as long as the generation alone. Checks that wait show the
overhead of the pipeline itself, as with a model on a GPU; checks that compute also compete
with a model on the CPU for its cores.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from benchmarks.pipeline_throughput import load_engine, make_work, run_once
from util.checks.pool import CheckerPool
from util.records import Row, Verdict
from util.task import Checker

PROMPTS = 1024
MAX_TOKENS = 96
BATCH = 32
"""Concurrent responses: far fewer than prompts, so that responses finish throughout the run,
as in a real run."""


@dataclass(frozen=True)
class TimedCheck(Checker):
    """A check that waits, or computes, for a given time."""

    seconds: float
    compute: bool

    @property
    def rules(self) -> str:
        return "timed"

    def deadline(self, row: Row) -> float:
        return 60.0

    def check(self, row: Row, response: str) -> Verdict:
        start = time.perf_counter()
        if not self.compute:
            time.sleep(self.seconds)
        while time.perf_counter() - start < self.seconds:
            pass
        return Verdict(True, "timed", {"seconds": time.perf_counter() - start})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=PROMPTS, help="number of prompts; use fewer on a slow processor")
    prompts = parser.parse_args().prompts
    engine = load_engine(BATCH)
    work = make_work(prompts, MAX_TOKENS, "Answer in one sentence.")
    run_once(work, engine)  # warm-up
    alone = run_once(work, engine)
    ended = prompts - alone.truncated  # truncated responses are rejected without a check
    print(f"\n{'checks':<12}{'generation':>12}{'checking':>10}{'both':>8}{'both/longer':>13}")
    for name, compute in (("waiting", False), ("computing", True)):
        pool = CheckerPool(TimedCheck(alone.seconds / ended, compute=compute), 1)
        try:
            both = run_once(work, engine, pool)
        finally:
            pool.close()
        assert both.judged == prompts
        checking = both.check_seconds
        longer = max(alone.seconds, checking)
        print(
            f"{name:<12}{alone.seconds:>10.1f} s{checking:>8.1f} s{both.seconds:>6.1f} s{both.seconds / longer:>13.3f}"
        )


if __name__ == "__main__":
    main()
