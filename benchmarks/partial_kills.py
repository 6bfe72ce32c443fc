"""Kill a run at random moments, again and again, and count the tokens that were made twice.

    python -m benchmarks.partial_kills [--kills 50] [--seed 1]

A model of two layers with random weights writes responses of 1,500 tokens, greedy and sampled, in process. Each run is
killed with its process group (SIGKILL); the last one ends. Every step of the engine adds what it has made to a file in
memory, so that the tokens of killed runs are known too.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import runpy
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.random_model import random_model
from util.records import Usage
from util.results.json_file import read_results
from util.system.project import ROOT

TOKENS, EVERY, PROBLEMS = 1500, 16, 64
COUNTED = "SKY_T1_COUNTED"
"""Environment variable: the file that a run counts its tokens in."""


def counted() -> None:
    """Run ``inference_and_check.py`` with the arguments of this process, and count the tokens as they are made."""
    from util.engines.vllm.session import Session

    with Path(os.environ[COUNTED]).open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 8)
    step, done = Session.step, 0

    def counting(self: Session) -> Any:
        nonlocal done
        found = step(self)
        processor = self._engine.llm.llm_engine.output_processor
        done += sum((c.response.usage.completion_tokens if c.response.usage else 0) - c.reused for _, c in found)
        running = sum(state.detokenizer.num_output_tokens() for state in processor.request_states.values())
        struct.pack_into("q", memory, 0, done + running)
        return found

    Session.step = counting  # type: ignore[method-assign]
    sys.argv[0] = "inference_and_check.py"
    runpy.run_path(str(ROOT / "inference_and_check.py"), run_name="__main__")


def command(model: Path, folder: Path) -> list[str]:
    return [
        sys.executable, "-c", "from benchmarks.partial_kills import counted; counted()", "--inference", "--dataset", "NUMINA",
        "--model", str(model), "--source", "all", "--dtype", "float32", "--temperatures", "0", "1", "--max-tokens", str(TOKENS),
        "--sampling-args", "ignore_eos=true", "--max-num-seqs", "8", "--partial-tokens", str(EVERY), "--end", str(PROBLEMS),
        "--dataset-path", str(ROOT / "samples" / "numina.jsonl"), "--result-dir", str(folder),
    ]  # fmt: skip


def run(words: list[str], counter: Path, seconds: float | None) -> tuple[bool, int]:
    """Run to the end, or kill it so many seconds after it began to write; (whether it ended, tokens that it made)."""
    counter.write_bytes(bytes(8))
    environment = os.environ | {COUNTED: str(counter), "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if seconds is None:
        assert process.wait() == 0
        return True, struct.unpack("q", counter.read_bytes())[0]
    while process.poll() is None and struct.unpack("q", counter.read_bytes())[0] == 0:
        time.sleep(0.01)
    time.sleep(seconds)
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return ended, struct.unpack("q", counter.read_bytes())[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds of generation before a kill, at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = random_model(folder / "random", context=4096)
        words, counter, out = command(model, folder / "out"), folder / "counter", folder / "out"
        made, kills, in_flight = 0, 0, 0
        for _ in range(args.kills):
            ended, tokens = run(words, counter, rng.uniform(0.0, args.longest))
            made += tokens
            if ended:
                break
            kills += 1
            in_flight += unfinished(out)
            print(f"kill {kills}: {tokens} tokens, {unfinished(out)} responses in flight", flush=True)
        made += run(words, counter, None)[1]
        [path] = out.glob("*_NUMINA_*.json")
        responses = [response for entry in read_results(path) for _, response in entry.samples()]
    whole = sum((response.usage or Usage()).completion_tokens for response in responses)
    complete = sum(response.truncated for response in responses)
    print(
        f"\n{kills} kills; {complete} of {2 * PROBLEMS} responses complete; {whole} tokens, {made - whole} of them made twice"
    )
    print(f"made twice: {(made - whole) / whole:.2%} of all; {(made - whole) / max(in_flight, 1):.1f} per response in flight "
          f"(at most {EVERY} kept back each)")  # fmt: skip


def unfinished(out: Path) -> int:
    """Responses in the file of partial responses that are not in the journal."""

    def keys(path: Path, kind: str) -> set[tuple[str, str]]:
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        records = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return {(r["key"], r["temperature"]) for r in records if r["type"] == kind}

    partial = next(iter(out.glob("*.partial.jsonl")), out / "none")
    journal = next(iter(out.glob("*.journal.jsonl")), out / "none")
    return len(keys(partial, "partial") - keys(journal, "completion"))


if __name__ == "__main__":
    main()
