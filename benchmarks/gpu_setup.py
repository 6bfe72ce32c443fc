"""What the steps of ``gpu_check`` share: sizes, the model without weights, the GPU's memory, results of steps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samples import model
from util.system.project import ROOT

CONTEXT = 4096
"""Tokens of prompt and response, in every step."""
POLL_SECONDS = 0.02

_COMMON = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 49152, "hidden_act": "silu",
    "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-6, "rope_theta": 1e6, "tie_word_embeddings": False,
    "use_sliding_window": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "dtype": "bfloat16",
}  # fmt: skip
SHAPE_7B = {
    "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
    "num_key_value_heads": 4,
}  # fmt: skip
"""Of Qwen2.5-7B. With the embedded model's vocabulary it has 6.9 billion parameters."""
SHAPE_TINY = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2,
}  # fmt: skip


class StepFailedError(Exception):
    """A step found something wrong; the message says what."""


class StepSkippedError(Exception):
    """A step cannot run here and need not; the message says why."""


@dataclass(frozen=True)
class Sizes:
    """How much the steps do.

    sequences: responses that the engine generates at the same time. The compilation that vLLM caches depends on it, so all
    steps with one model have the same. prompts, shortest, longest, rounds: of ``overhead``, whose responses have from
    ``shortest`` to ``longest`` tokens. rows, n, tokens, every: of the runs that are killed: at two temperatures ``n`` responses
    of ``tokens`` tokens for each row, kept every so many tokens. requests, request_tokens: of each round of ``ray``.
    """

    shape: dict[str, int]
    sequences: int
    prompts: int
    shortest: int
    longest: int
    rounds: int
    rows: int
    n: int
    tokens: int
    every: int
    requests: int
    request_tokens: int
    quickstart: tuple[str, ...]

    @property
    def responses(self) -> int:
        """Responses of a run that is killed."""
        return self.rows * 2 * self.n


FULL = Sizes(
    SHAPE_7B, sequences=256, prompts=256, shortest=200, longest=2000, rounds=2, rows=64, n=3, tokens=300, every=32,
    requests=256, request_tokens=256, quickstart=("--n", "4", "--max-tokens", "256"),
)  # fmt: skip
SMALL = Sizes(
    SHAPE_TINY, sequences=4, prompts=16, shortest=20, longest=200, rounds=2, rows=4, n=1, tokens=400, every=16,
    requests=32, request_tokens=64, quickstart=("--n", "1", "--max-tokens", "16", "--end", "4"),
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What a step gets. folder: of its own files. gpu: whether vLLM computes on one. seconds: its time limit."""

    sizes: Sizes
    model: Path
    folder: Path
    gpu: bool
    seconds: float
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until the step is stopped."""
        return self.seconds - (time.monotonic() - self.started)


@dataclass(frozen=True)
class StepResult:
    """What a step has found: lines for the table, and the figures behind them for the JSON file."""

    lines: list[str]
    figures: dict[str, Any] = field(default_factory=dict)


def step_command(name: str, job: Job, folder: Path, result: Path, seconds: float) -> list[str]:
    """The command that runs a step."""
    words = [sys.executable, "-m", "benchmarks.gpu_steps", name, "--model", str(job.model), "--folder", str(folder)]
    words += ["--result", str(result), "--seconds", str(seconds)]
    return words + ["--small"] * (job.sizes is SMALL) + ["--gpu"] * job.gpu


def embedded_folder() -> tuple[Path, bool]:
    """The embedded model's folder, and whether it has weights: its tokenizer alone may have been copied here.

    Raises:
        UserError: there is neither the folder nor the package.
    """
    folder = model.CACHE / model.NAME
    alone = all((folder / name).is_file() for name in ("tokenizer.json", "config.json"))
    return (folder, False) if alone and not (folder / "model.safetensors").is_file() else (model.prepare(), True)


def write_model(folder: Path, shape: dict[str, int]) -> Path:
    """Write a model folder without weights, for ``load_format=dummy``; returns it."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(_COMMON | shape, indent=2))
    source, _ = embedded_folder()
    for path in sorted(source.iterdir()):
        if path.name.startswith(("tokenizer", "chat_template", "special_tokens", "vocab", "merges")):
            shutil.copy(path, folder)
    return folder


def environment(gpu: bool) -> dict[str, str]:
    """Environment variables of all steps. The engine's own log goes to the steps' log unless the user has set its level."""
    found = {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "RAY_USAGE_STATS_ENABLED": "0", **os.environ}
    found.setdefault("VLLM_LOGGING_LEVEL", "INFO")
    if not gpu:  # one core for each engine, so that other programs do not stop its threads, and engines compare
        for name, value in (
            ("VLLM_CPU_KVCACHE_SPACE", "1"),
            ("OMP_NUM_THREADS", "1"),
            ("VLLM_CPU_OMP_THREADS_BIND", "nobind"),
        ):
            found.setdefault(name, value)
    return found


def smi(fields: str) -> list[list[str]]:
    """What nvidia-smi says of each GPU that this process may use; nothing where there is none."""
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible == "":
        return []
    if visible:
        command += ["-i", visible]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.split(", ") for line in done.stdout.splitlines()] if done.returncode == 0 else []


_TORCH_USED = """
import torch
used = 0
for i in range(torch.cuda.device_count()):
    free, total = torch.cuda.mem_get_info(i)
    used += total - free
print(used >> 20 if torch.cuda.is_available() else "none")
"""


def memory_used() -> int | None:
    """MiB in use on the visible GPUs by all processes; None without a GPU.

    Where nvidia-smi does not say it, a process asks torch. Its own context is then part of each figure.
    """
    used = [row[0].strip() for row in smi("memory.used")]
    if used and all(map(str.isdigit, used)):
        return sum(map(int, used))
    done = subprocess.run([sys.executable, "-c", _TORCH_USED], capture_output=True, text=True, cwd=ROOT, check=False)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdigit() else None


def seconds_until(condition: Callable[[], object], limit: float) -> float | None:
    """Seconds until ``condition()`` is true; None if it is not within ``limit`` seconds."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > limit:
            return None
        time.sleep(POLL_SECONDS)
    return time.monotonic() - start
