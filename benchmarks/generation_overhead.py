"""Compare the throughput of the pipeline (requests, journal, fsync) with plain ``LLM.chat``.

    python -m benchmarks.generation_overhead

Both use the same engine, the same 256 prompts and greedy sampling, and run alternately. The engine start is excluded.
"""

from __future__ import annotations

import argparse
import statistics
import time

from benchmarks.pipeline_throughput import load_engine, make_work, run_once
from util.engines.chat import chat_dicts
from util.engines.vllm.engine import VllmEngine
from util.run.work import Work

PROMPTS = 256
MAX_TOKENS = 96
ROUNDS = 3


def raw_chat(work: Work, engine: VllmEngine) -> float:
    """Completion tokens per second of ``LLM.chat`` on the same prompts."""
    from vllm import SamplingParams

    engine.llm.reset_prefix_cache()  # so that every run starts alike
    conversations = [chat_dicts(work.messages(row)) for _, row in work.rows.items()]
    start = time.perf_counter()
    outputs = engine.llm.chat(conversations, SamplingParams(temperature=0.0, max_tokens=MAX_TOKENS), use_tqdm=False)
    seconds = time.perf_counter() - start
    return sum(len(output.outputs[0].token_ids) for output in outputs) / seconds


def pipeline(work: Work, engine: VllmEngine) -> float:
    """Completion tokens per second of the pipeline."""
    run = run_once(work, engine)
    return run.tokens / run.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    engine = load_engine()
    work = make_work(PROMPTS, MAX_TOKENS, "Explain each step.")
    raw_chat(work, engine)  # warm-up
    rates: dict[str, list[float]] = {"LLM.chat": [], "pipeline": []}
    for _ in range(rounds):
        for name, run in (("LLM.chat", raw_chat), ("pipeline", pipeline)):
            rates[name].append(run(work, engine))
    print(f"\n{'method':<10}{'tokens/s (median)':>20}   rounds")
    for name, values in rates.items():
        print(f"{name:<10}{statistics.median(values):>20.0f}   {', '.join(f'{v:.0f}' for v in values)}")
    print(f"pipeline / LLM.chat: {statistics.median(rates['pipeline']) / statistics.median(rates['LLM.chat']):.3f}")


if __name__ == "__main__":
    main()
