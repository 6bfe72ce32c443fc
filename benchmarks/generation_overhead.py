"""Throughput of the street (requests, journal, fsync) against raw ``LLM.chat``.

    python -m benchmarks.generation_overhead

Same engine, same 256 prompts, same greedy sampling, in turns; engine start excluded.
"""

from __future__ import annotations

import argparse
import statistics
import time

from benchmarks.pipeline_throughput import load_engine, make_work, run_once
from util.engines.vllm.engine import VllmEngine
from util.run.pipeline import Work

PROMPTS = 256
MAX_TOKENS = 96
ROUNDS = 3


def raw_chat(work: Work, engine: VllmEngine) -> float:
    """Completion tokens per second of ``LLM.chat`` on the same prompts."""
    from vllm import SamplingParams

    engine.forget_prompts()
    conversations = [work.messages(row) for _, row in work.rows()]
    start = time.perf_counter()
    outputs = engine.llm.chat(conversations, SamplingParams(temperature=0.0, max_tokens=MAX_TOKENS), use_tqdm=False)
    seconds = time.perf_counter() - start
    return sum(len(output.outputs[0].token_ids) for output in outputs) / seconds


def street(work: Work, engine: VllmEngine) -> float:
    """Completion tokens per second of the whole street."""
    run = run_once(work, engine)
    return run.tokens / run.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    engine = load_engine()
    work = make_work(PROMPTS, MAX_TOKENS, "Explain each step.")
    raw_chat(work, engine)  # warm-up
    rates: dict[str, list[float]] = {"LLM.chat": [], "street": []}
    for _ in range(rounds):
        for name, run in (("LLM.chat", raw_chat), ("street", street)):
            rates[name].append(run(work, engine))
    print(f"\n{'way':<10}{'tokens/s (median)':>20}   rounds")
    for name, values in rates.items():
        print(f"{name:<10}{statistics.median(values):>20.0f}   {', '.join(f'{v:.0f}' for v in values)}")
    print(f"street / LLM.chat: {statistics.median(rates['street']) / statistics.median(rates['LLM.chat']):.3f}")


if __name__ == "__main__":
    main()
