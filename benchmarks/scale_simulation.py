"""Time and memory of everything except the model, for many rows: pipeline, journal, checks, final file, resume.

    python -m benchmarks.scale_simulation [--rows 100000 1000000] [--folder DIR]

A synthetic engine answers at once and a checker stub accepts everything; rows, journal, index, verdicts, progress
and result file are the real code. Each size runs in its own process, and so does the resume, which opens the
finished journal and result file and finds nothing to do.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.loading import peak_mebibytes


class AcceptAll:
    """A checker that accepts every response at once."""

    async def check(self, row: dict[str, Any], text: str) -> Any:
        from util.records import Verdict

        return Verdict(True, "accepted unseen", {"answer": "1", "gold": "1"})

    def close(self) -> None:
        """Nothing to end."""


def work_of(rows: int, folder: Path) -> Any:
    from util.engines.base import Sampling
    from util.run.rows import RowIndex
    from util.run.work import Work

    def entries() -> Iterator[tuple[str, dict[str, Any]]]:
        for number in range(rows):
            key = f"Problem {number}: what is {number} times {number + 1}?"
            yield key, {"problem": key, "solution": str(number * (number + 1)), "source": "math"}

    return Work(
        rows=RowIndex(entries(), folder),
        prompt=lambda row: f"Answer in a box. {row['problem']}",
        start=[],
        temperatures=[0.7],
        n=1,
        sampling=Sampling(0.0),
        seed=0,
    )


def run(rows: int, folder: Path) -> dict[str, float]:
    """A run on all rows, or its resume if it is finished; seconds by stage."""
    from benchmarks.synthetic_engine import SyntheticEngine
    from util.results.store import ResultStore
    from util.run.pipeline import generate
    from util.run.progress import Progress

    start = time.monotonic()
    work = work_of(rows, folder)
    store = ResultStore(folder / "model_NUMINA_train_math_0_-1.json")
    opened = time.monotonic() - start
    if store.journal_is_empty:
        store.begin({"settings": {"rows": rows}})
    else:
        store.adopt()
    missing = sum(not store.finished(sample) for key in work.rows for sample, _ in work.samples(key))
    looked = time.monotonic() - start
    progress = Progress("rows", rows, rows - missing)
    if missing:
        summary = asyncio.run(generate(work, store, SyntheticEngine(tokens=60), AcceptAll(), "any", progress))
        made = time.monotonic() - start
        entries = (store.entry(key, row, work.prompt(row)) for key, row in work.rows.items())
        assert store.finalize(summary.counted(entries)) == rows
        assert summary.tally.total.right == rows
    else:
        made = looked
    progress.close()
    store.close()
    return {"open": opened, "resume": looked, "made": made - looked, "total": time.monotonic() - start}


def child(rows: int, folder: Path) -> None:
    found = run(rows, folder)
    print(json.dumps(found | {"mebibytes": peak_mebibytes()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="folder for the files (twice 1 KB per row)")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(int(args.child[0]), Path(args.child[1]))
        return
    print(f"{'rows':>10}{'made s':>9}{'rows/s':>9}{'all s':>8}{'MiB':>7}{'journal MB':>12}{'resume s':>10}{'MiB':>7}")
    totals = {}
    for rows in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            first, again = _run(rows, name), _run(rows, name)
            journal = sum(path.stat().st_size for path in Path(name).glob("*.jsonl")) / 1e6
            totals[rows] = first["total"]
            print(
                f"{rows:>10,}{first['made']:>9.1f}{rows / first['made']:>9,.0f}{first['total']:>8.1f}{first['mebibytes']:>7.0f}"
                f"{journal:>12,.0f}{again['total']:>10.1f}{again['mebibytes']:>7.0f}",
                flush=True,
            )
    sizes = sorted(totals)
    for small, large in itertools.pairwise(sizes):
        ratio = totals[large] / totals[small]
        print(f"{large / small:g} times the rows take {ratio:.2f} times the time (10 times: at most 11)")


def _run(rows: int, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scale_simulation", "--child", str(rows), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
