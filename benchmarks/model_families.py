"""Try every command of docs/models.md with a tiny random model of the same architecture.

    python -m benchmarks.model_families                # all; about half a minute each on two cores
    python -m benchmarks.model_families Qwen3 LoRA     # sections whose heading contains a word
    python -m benchmarks.model_families --list         # only the commands as they would be tried

Each command runs through the real script with its options, except those of size and place (--tp, --max-tokens,
datasets, folders ...): two rows of the samples and eight tokens, on whatever vLLM finds on this machine. The tiny models
have the architecture, the special tokens and the template arguments of the family (benchmarks/model_architectures.py);
what they answer is noise. The table says which commands ended well, and why the others did not. A command that is
refused for lack of devices or by the CPU backend is not a fault of the command: its options are checked all the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.model_architectures import family_of
from benchmarks.model_checkpoints import write, write_adapter
from benchmarks.model_examples import LORA, Example, kept_options, page_examples, server_words, trial_words
from util.system.project import ROOT

LIMIT_SECONDS = 300
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "ERROR"}


@dataclass(frozen=True)
class Trial:
    """What became of a command. reason: empty where it ended well."""

    example: Example
    architecture: str
    seconds: float
    reason: str


def tiny_model(hub_id: str, folder: Path) -> tuple[Path, str]:
    """The tiny model of a Hub id, made once, in a folder of its name; and its architecture."""
    family = family_of(hub_id)
    path = folder / hub_id.split("/")[-1]
    if not (path / "config.json").exists():
        write(family, path)
    return path, family.model_class


def tried(example: Example, folder: Path) -> Trial:
    """Run a command with the tiny model of its family; results go into a new folder."""
    path, architecture = tiny_model(example.hub_id, folder)
    here = Path(tempfile.mkdtemp(dir=folder))
    start = time.perf_counter()
    if LORA in example.words:
        write_adapter(path, here / "adapter")
    if not example.server:
        reason = run(trial_words(example, str(path), here), here / "log")
        return Trial(example, architecture, time.perf_counter() - start, reason)
    with serving(example, path, here) as (address, reason):
        if not reason:
            reason = run(trial_words(example, f"openai/{example.served_name}", here, address), here / "log")
    return Trial(example, architecture, time.perf_counter() - start, reason)


@contextlib.contextmanager
def serving(example: Example, model: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Start the example's ``vllm serve``, and end it; gives its address, and why it did not start."""
    adapter = write_adapter(model, folder / "adapter") if "--lora-modules" in example.server else folder
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The program ``vllm`` of the package vllm-cpu 0.32 does not start; its module does.
    words = ["-m", "vllm.entrypoints.openai.api_server", *server_words(example, str(model), str(adapter), port)]
    log = folder / "server"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, *words], stdout=file, stderr=file, cwd=ROOT, env=environment(words), start_new_session=True
        )
    try:
        yield f"http://127.0.0.1:{port}/v1", wait_until_up(server, port, log)
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(30)


def environment(words: list[str]) -> dict[str, str]:
    """The environment variables of a trial. On a CPU, vLLM wants to be told the cores of two workers."""
    found = {**os.environ, **_ENVIRONMENT}
    if any(word.startswith("pipeline_parallel_size=2") for word in words):
        half = (os.cpu_count() or 2) // 2
        found["VLLM_CPU_OMP_THREADS_BIND"] = f"0-{half - 1}|{half}-{2 * half - 1}"
    return found


def run(words: list[str], log: Path) -> str:
    """Run a script; returns why it failed, or nothing."""
    with log.open("w") as file:
        try:
            done = subprocess.run(
                [sys.executable, *words], cwd=ROOT, env=environment(words), stdout=file, stderr=file,
                stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"not done after {LIMIT_SECONDS} s"
    # eval.py with eight tokens may have no score; what is asked here is whether the responses are there.
    return "" if done.returncode == 0 else why(log.read_text(errors="replace"))


def why(text: str) -> str:
    """The message of a failed command: the line of its error, without this machine's paths."""
    lines = [line for line in text.splitlines() if re.match(r"(?:\w+\.)*(?:error|\w*Error):", line.strip())]
    line = lines[-1] if lines else next(iter(text.strip().splitlines()[-1:]), "no output")
    return re.sub(r"/\S*/", "", line.strip().removeprefix("error: ")).removesuffix(" Check the files in the folder.")[
        :400
    ]


def wait_until_up(server: subprocess.Popen[bytes], port: int, log: Path) -> str:
    """Wait until a server answers; returns why it did not, or nothing."""
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            return f"server: {why(log.read_text(errors='replace'))}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return ""
        except OSError:
            time.sleep(1)
    return f"server: not up after {LIMIT_SECONDS} s"


def shown(trial: Trial) -> str:
    """A row of the table."""
    example = trial.example
    options = " ".join(kept_options(example)) or "(none besides the model)"
    server = f"vllm serve {' '.join(example.server)}; " if example.server else ""
    result = "ran" if not trial.reason else f"did not run: {trial.reason}"
    return f"| {example.heading} | {trial.architecture} | {server}{options} | {trial.seconds:.0f} s | {result} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="words of headings; default: all sections")
    parser.add_argument("--list", action="store_true", help="print the commands and run nothing")
    args = parser.parse_args()
    names = [name.lower() for name in args.names]
    chosen = [each for each in page_examples() if not names or any(name in each.heading.lower() for name in names)]
    failed = 0
    print("| section | architecture | options | time | result |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        for example in chosen:
            if args.list:
                print(
                    f"| {example.heading} | {family_of(example.hub_id).name} | {' '.join(kept_options(example))} | | |"
                )
                continue
            trial = tried(example, Path(name))
            failed += bool(trial.reason)
            print(shown(trial), flush=True)
    print(f"\n{len(chosen)} commands, {failed} did not run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
