"""What it takes to select 100 rows of a large TACO-shaped Parquet file: time and memory.

    python -m benchmarks.loading [--gigabytes 2] [--folder DIR]

On the same file in one run, each in a process of its own: pyarrow alone, reading the needed columns until it has the
rows; ``--dataset-path``; and the Hub's way, with its files in the cache already. Then a pass over all rows.
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
from pathlib import Path
from typing import Any

ROWS_PER_GROUP = 1000
TEXT = 80_000
"""Characters of a row's tests, and as many of its solutions: about TACO's mean."""


def make(folder: Path, gigabytes: float) -> int:
    """Write ``ALL/train-00000-of-00001.parquet``; return its rows."""
    import pyarrow
    import pyarrow.parquet

    rng = random.Random(0)
    path = folder / "ALL" / "train-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    names = ("question", "solutions", "starter_code", "input_output", "difficulty", "time_limit", "memory_limit")
    schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
    rows = 0
    with pyarrow.parquet.ParquetWriter(path, schema, compression="snappy") as writer:
        while rows * 2 * TEXT < gigabytes * 2**30:
            group = []
            for number in range(rows, rows + ROWS_PER_GROUP):
                tests = {"inputs": [rng.randbytes(TEXT // 2).hex()], "outputs": ["1"]}
                group.append(
                    {
                        "question": f"q{number}",
                        "solutions": rng.randbytes(TEXT // 2).hex(),
                        "input_output": json.dumps(tests),
                        "difficulty": "MEDIUM" if number % 8 == 0 else "EASY",
                    }
                )
            writer.write_table(pyarrow.Table.from_pylist(group, schema))
            rows += ROWS_PER_GROUP
    return rows


def by_pyarrow(folder: Path, wanted: int) -> int:
    import pyarrow.parquet

    found: list[dict[str, Any]] = []
    columns = ["question", "starter_code", "input_output", "difficulty", "time_limit", "memory_limit"]
    file = pyarrow.parquet.ParquetFile(next(folder.glob("ALL/*.parquet")))
    for batch in file.iter_batches(batch_size=64, columns=columns):
        found += [row for row in batch.to_pylist() if row["difficulty"] == "MEDIUM"]
        if len(found) >= wanted:
            break
    return len(found[:wanted])


def selected(folder: Path, wanted: int, *, local: bool) -> int:
    from tasks import TASK_HANDLERS, Selection

    if not local:
        import huggingface_hub

        huggingface_hub.hf_hub_download = lambda *_, **__: str(next(folder.glob("ALL/*.parquet")))
    selection = Selection("train", "MEDIUM", end=wanted, dataset_path=folder / "ALL" if local else None)
    return sum(1 for _ in TASK_HANDLERS["TACO"]().select(selection))


def child(way: str, wanted: int, folder: Path) -> None:
    import datasets

    from tasks import TASK_HANDLERS

    assert datasets
    assert TASK_HANDLERS
    before = peak_mebibytes()
    start = time.monotonic()
    count = by_pyarrow(folder, wanted) if way == "pyarrow" else selected(folder, wanted, local=way == "local")
    seconds = time.monotonic() - start
    assert count == wanted, count
    print(json.dumps([seconds, peak_mebibytes() - before]))


def peak_mebibytes() -> float:
    """Peak resident memory, mapped files included. (``ru_maxrss`` would count the parent's before exec.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, help="where the file is made; else the temporary folder")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child[0], int(args.child[1]), Path(args.child[2]))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        rows = make(Path(name), args.gigabytes)
        environment = os.environ | {
            "HF_HOME": f"{name}/home",
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": "http://127.0.0.1:9",
        }
        for wanted in (100, rows // 8):
            print(f"{wanted:,} of {rows:,} rows, {args.gigabytes:g} GB of texts")
            measure(wanted, Path(name), environment)


def measure(wanted: int, folder: Path, environment: dict[str, str]) -> None:
    """Each way in a process of its own, a first time to warm the disk's cache."""
    seconds: dict[str, float] = {}
    for way in ("pyarrow", "pyarrow", "local", "hub"):
        command = [sys.executable, "-m", "benchmarks.loading", "--child", way, str(wanted), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        seconds[way], mebibytes = json.loads(done.stdout.splitlines()[-1])
        told = f"  {way:10}{seconds[way]:8.2f} s  {mebibytes:6.0f} MiB over the import of datasets (at most 400)"
        print(told + ("" if way == "pyarrow" else f"  / pyarrow (at most 3): {seconds[way] / seconds['pyarrow']:.2f}"))


if __name__ == "__main__":
    main()
