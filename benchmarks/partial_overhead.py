"""Compare the throughput with the journal of partial responses with that without it.

    python -m benchmarks.partial_overhead
    python -m benchmarks.partial_overhead --model random   # two layers: hardly any work per token, so the harder test

Both use the same engine, the same prompts and greedy sampling to a fixed length, and run alternately. The engine start is
excluded.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.pipeline_throughput import load_engine, make_work, run_once
from benchmarks.random_model import random_model
from util.engines.options import PARTIAL_TOKENS, VllmOptions
from util.engines.vllm.engine import VllmEngine

PROMPTS, TOKENS, ROUNDS = 32, 560, 3


def _random_engine() -> VllmEngine:
    return VllmEngine(str(random_model(Path(tempfile.mkdtemp()))), VllmOptions())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("embedded", "random"), default="embedded")
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    parser.add_argument("--tokens", type=int, default=TOKENS, help="of each response")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--partial-tokens", type=int, default=PARTIAL_TOKENS)
    args = parser.parse_args()
    engine = load_engine() if args.model == "embedded" else _random_engine()
    run_once(make_work(args.prompts, 64, "Explain each step."), engine)  # warm-up
    work = make_work(args.prompts, args.tokens, "Explain each step.", ignore_eos=True)
    rates: dict[str, list[float]] = {"off": [], "on": []}
    for _ in range(args.rounds):
        for name, every in (("off", 0), ("on", args.partial_tokens)):
            run = run_once(work, engine, partial_tokens=every)
            assert run.tokens == args.prompts * args.tokens
            rates[name].append(run.tokens / run.seconds)
    print(f"\n{'journal':<10}{'tokens/s (median)':>20}   rounds")
    for name, values in rates.items():
        print(f"{name:<10}{statistics.median(values):>20.0f}   {', '.join(f'{v:.0f}' for v in values)}")
    print(f"on / off: {statistics.median(rates['on']) / statistics.median(rates['off']):.3f}")


if __name__ == "__main__":
    main()
