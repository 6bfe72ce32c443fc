"""Cost of publishing: what a card and a passport add to convert_to_data.py, and what verification takes.

    python -m benchmarks.publishing [--megabytes 300] [--workers 2]

Writes a judged result file of mathematics with four responses per problem, then runs each command in a process of its own
and prints its time and its peak memory (of the parent, without the checker processes).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from util.records import Response, Verdict
from util.results.entries import Entry
from util.results.json_file import write_results
from util.text.thought import with_thought

WORDS = 2_500
"""Words of a thought: about 16,000 characters."""
RESPONSES = 4


def make(path: Path, megabytes: int) -> int:
    """Write a result file of about this size; return its number of problems."""
    rng = random.Random(0)
    vocabulary = ["".join(rng.choices("abcdefghijklmnop", k=rng.randrange(3, 9))) for _ in range(5_000)]
    count = 0

    def entries() -> Iterator[Entry]:
        nonlocal count
        written = 0
        while written < megabytes * 2**20:
            count += 1
            question = f"What is {count} plus {' '.join(rng.choices(vocabulary, k=20))}?"
            found = []
            for sample in range(RESPONSES):
                answer = count if sample < 3 else count + 1
                text = with_thought(" ".join(rng.choices(vocabulary, k=WORDS)), f"So it is $\\boxed{{{answer}}}$.")
                written += len(text)
                found.append(Response(content=text, verdict=Verdict(answer == count, "as it was judged")))
            yield Entry(question, {"problem": question, "answer": str(count)}, f"Solve: {question}", {0.7: found})

    write_results(path, entries())
    return count


def measured(name: str, *arguments: object) -> None:
    """Run a command in a process of its own, and print its time, peak memory and exit status."""
    start = time.monotonic()
    code = (
        "import resource, runpy, sys\nsys.argv = sys.argv[1:]\n"
        "try:\n runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
        "finally:\n print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    peak = next((int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("PEAK")), 0)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    print(
        f"{name:34}{time.monotonic() - start:>8.1f} s{peak / 1024:>8.0f} MiB   exit {done.returncode}: {last[:60]}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = folder / "in" / "m_MATH500_test_all_0_-1.json"
        results.parent.mkdir()
        problems = make(results, args.megabytes)
        print(
            json.dumps({"MiB": results.stat().st_size >> 20, "problems": problems, "responses": problems * RESPONSES})
        )
        convert = ["convert_to_data", "--input-dir", results.parent, "--keep-near-duplicates"]
        plain, with_both, passport = folder / "plain.json", folder / "both.json", folder / "p.jsonl"
        measured("convert_to_data.py", *convert, "--output", plain)
        measured("... --card --passport", *convert, "--output", with_both, "--card", "--passport", passport)
        verify = ["util.training.verify", with_both, "--input-dir", results.parent, "--check-workers", args.workers]
        measured("verify, texts only", *verify, "--passport", passport, "--texts-only")
        measured("verify", *verify, "--passport", passport)
        measured("verify without a passport", *verify)


if __name__ == "__main__":
    main()
