"""Peak memory and time of ``eval.py --rejudge`` on large files of other tools.

    python -m benchmarks.foreign_memory --megabytes 1000

Each file has responses of 20,000 characters, of which few are judged slowly: the reading is what is measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from util.system.project import ROOT

LENGTH = 20_000


def lm_eval_lines(count: int) -> Iterator[str]:
    for number in range(count):
        row = {"doc_id": number, "doc": {"q": "3+4?"}, "target": "7", "resps": [[response(number)]], "filter": "none",
               "metrics": ["exact_match"], "exact_match": float(number % 2)}  # fmt: skip
        yield json.dumps(row) + "\n"


def inspect_lines(count: int) -> Iterator[str]:
    yield '{"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": ['
    for number in range(count):
        message = {"role": "assistant", "content": response(number)}
        sample = {"id": str(number), "epoch": 1, "input": "3+4?", "target": "7", "output": {"choices": [{"message": message}]},
                  "scores": {"match": {"value": "C" if number % 2 else "I"}}}  # fmt: skip
        yield ("," if number else "") + json.dumps(sample)
    yield "]}"


def response(number: int) -> str:
    return f"<think>\n{'step by step ' * (LENGTH // 13)}\n</think>\n\nIt is \\boxed{{{7 + number % 2}}}."


def measured(path: Path) -> tuple[float, float]:
    """(seconds, MiB at most of the largest process) of judging one file again."""
    code = (
        "import resource, subprocess, sys; made = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024); sys.exit(made.returncode)"
    )
    started = time.monotonic()
    made = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "eval.py", "--rejudge", str(path), "--csv", str(path) + ".csv"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return time.monotonic() - started, float(made.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    args = parser.parse_args()
    shapes: dict[str, Callable[[int], Iterator[str]]] = {
        "samples_t.jsonl": lm_eval_lines,
        "inspect.json": inspect_lines,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in shapes.items():
            path = Path(folder) / name
            with path.open("w") as file:
                file.writelines(lines(args.megabytes * 10**6 // LENGTH))
            seconds, peak = measured(path)
            print(f"{name:<16} {path.stat().st_size / 1e6:6.0f} MB  {seconds:6.1f} s  {peak:6.0f} MiB at most")
            path.unlink()


if __name__ == "__main__":
    main()
