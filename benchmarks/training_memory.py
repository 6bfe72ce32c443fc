"""Memory and time of convert_to_data.py on synthetic results, stage by stage, in a process of its own.

    python -m benchmarks.training_memory --megabytes 300
    python -m benchmarks.training_memory --megabytes 1000 --arguments --filters all --dedup-responses 0.9

The results are converted files with four right responses to each problem, each text twice as in real ones (the response and its
rewrite). One response in 50 has a fault, one question in 20 nearly equals an earlier one. A stage's peak is that of the
resident set while it runs (VmHWM, reset before it); texts of the results are never all in memory. Linux only.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.clean_reasoning import texts
from util.records import Response, Verdict
from util.results.entries import Entry
from util.results.json_file import write_results
from util.text.thought import assemble

ROOT = Path(__file__).resolve().parent.parent
MB = 1e6
RESPONSES, SENTENCES = 4, 70
"""Responses to a problem, and sentences of a thought: about 5,000 characters."""
PER_FILE = 2_000


def entries(chance: random.Random, number: int) -> Iterator[Entry]:
    """Problems with their responses."""
    sentences = sorted(
        {
            line
            for text in texts()
            for line in text.thought.split("\n")
            if 30 < len(line) < 200 and line.isascii() and "```" not in line
        }
    )
    words = sorted({word for line in sentences for word in line.split() if word.isalpha()})
    last = ""
    for one in range(number):
        question = " ".join(chance.choices(words, k=40)) + f" with {chance.randrange(10**9)} and {one}?"
        if last and one % 20 == 0:
            question = last.replace("?", " ?")
        last = question
        found = []
        for sample in range(RESPONSES):
            lines = chance.sample(sentences, SENTENCES)
            if (one * RESPONSES + sample) % 50 == 0:
                lines += ["Wait, let me check this again, the sum is still not right."] * 40
            text = assemble("\n\n".join(lines), f"So the result is $\\boxed{{{one}}}$.")
            found.append(Response(content="\n".join(lines), rewritten=text, verdict=Verdict(True, "equal")))
        yield Entry(question, {"problem": question, "answer": str(one)}, f"Solve: {question}", {0.7: found})


def make(folder: Path, megabytes: float) -> float:
    """Write converted result files of about this size; returns their size in MB."""
    chance, size, number = random.Random(0), 0.0, 0
    while size < megabytes * MB:
        path = folder / f"converted_synthetic_NUMINA_train_math_{number * PER_FILE}_{(number + 1) * PER_FILE}.json"
        left = (megabytes * MB - size) / 55_000
        write_results(path, entries(chance, max(20, min(PER_FILE, round(left)))))
        size, number = size + path.stat().st_size, number + 1
    return size / MB


def status(name: str) -> float:
    """A size of /proc/self/status in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def measured(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, which prints what it needed."""

    def run(*args: Any, **kwargs: Any) -> Any:
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            row = {
                "stage": name,
                "seconds": time.perf_counter() - start,
                "peak": status("VmHWM"),
                "after": status("VmRSS"),
            }
            print("MEASURED " + json.dumps(row), file=sys.stderr, flush=True)

    return run


def child(arguments: list[str]) -> None:
    """Run convert_to_data.py here, its stages measured."""
    from util.training.gather import TrainingPool

    build: Any = importlib.import_module("util.training.build")

    build.STAGES = tuple(measured(stage.__name__, stage) for stage in build.STAGES)
    build.write_rows = measured("write", build.write_rows)
    build._selected = measured("select", build._selected)
    TrainingPool.add_file = measured("read", TrainingPool.add_file)  # type: ignore[method-assign]
    sys.argv = ["convert_to_data.py", *arguments]
    runpy.run_path(str(ROOT / "convert_to_data.py"), run_name="__main__")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--folder", type=Path, help="keep the results here and use them again")
    parser.add_argument(
        "--arguments", nargs=argparse.REMAINDER, default=[], help="more arguments of convert_to_data.py"
    )
    args = parser.parse_args()
    folder = args.folder or Path(tempfile.mkdtemp(dir=ROOT / ".cache" if (ROOT / ".cache").exists() else None))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = [path.stat().st_size for path in folder.glob("converted_*.json")]
        size = sum(known) / MB if known else make(folder, args.megabytes)
        command = ["--input-dir", str(folder), "--output", str(folder / "out" / "train.json"), *args.arguments]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", f"from benchmarks.training_memory import child; child({command!r})"],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        rows = [json.loads(line.split(" ", 1)[1]) for line in done.stderr.splitlines() if line.startswith("MEASURED ")]
        print(done.stdout)
        if done.returncode:
            sys.exit(done.stderr)
        print(f"{size:,.0f} MB of results, {seconds:.0f} s; convert_to_data.py {' '.join(args.arguments)}\n")
        print(f"{'stage':<20}{'s':>8}{'peak MiB':>10}{'after MiB':>11}")
        for name in dict.fromkeys(row["stage"] for row in rows):
            mine = [row for row in rows if row["stage"] == name]
            total, peak = sum(row["seconds"] for row in mine), max(row["peak"] for row in mine)
            print(f"{name:<20}{total:>8.1f}{peak:>10.0f}{mine[-1]['after']:>11.0f}")
    finally:
        if args.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
