"""Kill a run at random moments and resume it until it is done: what is lost, what is bought twice, what it costs.

    python -m benchmarks.api_kills [--requests 2000] [--kills 100] [--concurrency 16]

The requests go to three servers with five keys, 10 % of them fail in all ways, and one server dies for a third of the
run. The servers' own bill is compared with what the journal says of all runs, the killed ones included.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.api_keys import limits

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.lab import running_lab  # noqa: E402
from support.lab_kills import killed_often  # noqa: E402
from support.lab_server import LabSpec  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument(
        "--longest", type=float, default=2.0, help="seconds from the first request of a life to its end"
    )
    parser.add_argument("--tokens", type=int, nargs=2, default=(10, 100), help="of an answer")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    spec = LabSpec(limits(3, 3.0), faults=0.1, seed=args.seed, tokens=tuple(args.tokens))
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name, running_lab(spec) as lab:
        fate = killed_often(
            lab, spec, Path(name), args.requests, args.kills, longest=args.longest, concurrency=args.concurrency,
            seed=args.seed,
        )  # fmt: skip
    print(f"{fate.kills} kills in {time.monotonic() - start:.0f} s; finished {fate.finished} of {fate.wanted}")
    print(f"lost after a kill: {len(fate.lost)}; bought twice without having been in flight: {len(fate.bought_twice)}")
    assert fate.bill is not None
    twice = sum(fate.bill.answered.values()) - len(fate.bill.answered)
    print(f"in flight at kills: {fate.in_flight}, of them answered in full by the server: {twice}")
    for each in ("prompt_tokens", "completion_tokens"):
        billed, counted = fate.bill.total(each), getattr(fate.ledger, each)
        print(f"{each}: billed {billed}, in the journal {counted}: {fate.difference(each):+.2%}")
    print(f"all tokens: {fate.difference():+.2%} ({fate.ledger.estimated} of them estimated)")


if __name__ == "__main__":
    main()
