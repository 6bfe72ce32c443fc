"""Overhead of Ray and gain of a second replica: the same requests with three engine configurations.

    python -m benchmarks.ray_overhead [--model FOLDER] [--requests 512] [--tokens 64] [--rounds 2]

The configurations are plain vLLM on one core, one Ray replica on one core, and two replicas on two cores, each in its
own process. The time is from the first request to the last completion, after a warm-up. Without --model, the model has
four layers with random weights.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

WAYS = ("vllm", "ray 1", "ray 2")


def tiny_model(folder: Path) -> Path:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from samples import model as embedded

    tokenizer = AutoTokenizer.from_pretrained(embedded.prepare())
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152, hidden_size=256, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=4, head_dim=64, max_position_embeddings=1024, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def requests(count: int, tokens: int, mark: str) -> Iterator[Any]:
    from util.engines.base import Request, Sampling
    from util.records import Message, SampleId

    for number in range(count):
        text = f"{mark} {number}: what is {number} times {number + 1}?"
        yield Request(SampleId(text, 0.7), [Message("user", text)], Sampling(0.7, 1.0, tokens, seed=number))


def child(way: str, model: str, count: int, tokens: int) -> None:
    """Print the tokens per second of one configuration."""
    from util.engines.options import RayOptions, VllmOptions

    options = VllmOptions(max_num_seqs=64, max_model_len=512, dtype="float32")
    if way == "vllm":
        import torch

        from util.engines.vllm.engine import VllmEngine

        os.environ["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
        torch.set_num_threads(1)
        engine: Any = VllmEngine(model, options)
    else:
        from util.engines.ray.engine import RayEngine

        engine = RayEngine(model, options, RayOptions(num_replicas=int(way.split()[1])))

    async def made(amount: int, mark: str) -> int:
        total = 0
        async for completion in engine.generate(requests(amount, tokens, mark)):
            response = completion.response
            assert response.usage is not None, response.error
            total += response.usage.completion_tokens
        return total

    asyncio.run(made(64, "warm"))
    start = time.monotonic()
    total = asyncio.run(made(count, "timed"))
    print(json.dumps(total / (time.monotonic() - start)))
    engine.close()


def measured(way: str, model: Path, args: argparse.Namespace) -> float:
    command = [sys.executable, "-m", "benchmarks.ray_overhead", "--child", way, "--model", str(model)]
    command += ["--requests", str(args.requests), "--tokens", str(args.tokens)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
    if way == "ray 1":  # a cluster of one core, like plain vLLM
        environment["BENCHMARK_RAY_CPUS"] = "1"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    numbers = [line for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()]
    if done.returncode or not numbers:
        sys.exit(done.stderr[-3000:])
    return float(numbers[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        if os.environ.get("BENCHMARK_RAY_CPUS"):
            import ray

            from util.engines.ray.cluster import runtime_env

            ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, runtime_env=runtime_env())
        child(args.child, str(args.model), args.requests, args.tokens)
        return
    with tempfile.TemporaryDirectory() as name:
        model = args.model or tiny_model(Path(name))
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(args.rounds):
            for way in WAYS:
                rates[way].append(measured(way, model, args))
                print(f"{way:8}{rates[way][-1]:10,.0f} tokens/s", flush=True)
    one, ray_one, ray_two = (median(rates[way]) for way in WAYS)
    print(f"one Ray replica / plain vLLM (at least 0.9): {ray_one / one:.2f}")
    print(f"two replicas / one (at least 1.7): {ray_two / ray_one:.2f}")


if __name__ == "__main__":
    main()
