"""Cost of reading datasets: time, memory, and passes over the source.

    python -m benchmarks.loading [--gigabytes 2] [--folder DIR]

Selects 100 rows, then all rows, of a large Parquet file like TACO's, with three methods, each in its own process:
plain pyarrow, which reads the needed columns until it has the rows; ``--dataset-path``; and the Hub, with its files
already in the cache. Then measures a run on 420 MiB of JSON lines like those of APPS, with an engine and a check that
take no time, and the same command again with nothing left to do: each must read the source once.
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
"""Characters of a row's tests, and of its solutions: about the mean of TACO."""


def make(folder: Path, gigabytes: float) -> int:
    """Write ``ALL/train-00000-of-00001.parquet``; return its number of rows."""
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
    from tasks import TASK_HANDLERS
    from util.task import Selection

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


def make_apps(path: Path, mebibytes: int = 420) -> int:
    """Write JSON lines like those of APPS, with its mean row size; return their number."""
    rng, rows, written = random.Random(0), 0, 0
    with path.open("w") as file:
        while written < mebibytes * 2**20:
            tests = {"inputs": [rng.randbytes(TEXT // 2).hex()], "outputs": ["1"]}
            row = {"question": f"q{rows}", "difficulty": "introductory", "input_output": json.dumps(tests)}
            written += file.write(json.dumps(row) + "\n")
            rows += 1
    return rows


def passes(folder: Path) -> dict[str, float]:
    """Run the pipeline on all rows: passes over the source, seconds, peak memory in MiB."""
    from benchmarks.synthetic_engine import SyntheticEngine
    from tasks import TASK_HANDLERS
    from util.engines.options import EngineOptions
    from util.hub import local_files
    from util.run.options import FileOptions, RunOptions, Sampled
    from util.run.runner import run_generation
    from util.task import CheckOptions, Selection

    opened = 0
    read = local_files.read_file

    def counted(path: Path, dropped: tuple[str, ...] = ()) -> Any:
        nonlocal opened
        opened += 1
        return read(path, dropped)

    local_files.read_file = counted
    options = RunOptions(
        EngineOptions("synthetic"), Sampled([0.7]), FileOptions(result_dir=folder / "results"), CheckOptions(workers=1)
    )
    before, start = peak_mebibytes(), time.monotonic()
    selection = Selection("train", dataset_path=folder / "apps.jsonl")
    run_generation(TASK_HANDLERS["APPS"](), selection, options, SyntheticEngine, check=True)
    return {"passes": opened, "seconds": time.monotonic() - start, "mebibytes": peak_mebibytes() - before}


def measure_passes(folder: Path) -> None:
    """Measure a new run, and a rerun with nothing left to do."""
    rows = make_apps(folder / "apps.jsonl")
    print(f"{rows:,} rows like those of APPS, 420 MiB")
    for name in ("new run", "rerun"):
        command = [sys.executable, "-m", "benchmarks.loading", "--child", "passes", "0", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"  {name:10}{found['seconds']:8.2f} s  {found['mebibytes']:6.0f} MiB  "
            f"{found['passes']:.0f} passes over the source (1)"
        )


def peak_mebibytes() -> float:
    """Peak resident memory in MiB, with mapped files. ``ru_maxrss`` would include the parent's memory before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, help="folder for the files; by default the temporary folder")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child and args.child[0] == "passes":
        print(json.dumps(passes(Path(args.child[2]))))
        return
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
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        measure_passes(Path(name))


def measure(wanted: int, folder: Path, environment: dict[str, str]) -> None:
    """Measure each method in its own process, after a first run that warms the page cache."""
    seconds: dict[str, float] = {}
    for way in ("pyarrow", "pyarrow", "local", "hub"):
        command = [sys.executable, "-m", "benchmarks.loading", "--child", way, str(wanted), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        seconds[way], mebibytes = json.loads(done.stdout.splitlines()[-1])
        line = f"  {way:10}{seconds[way]:8.2f} s  {mebibytes:6.0f} MiB over the import of datasets (at most 400)"
        print(line + ("" if way == "pyarrow" else f"  / pyarrow (at most 3): {seconds[way] / seconds['pyarrow']:.2f}"))


if __name__ == "__main__":
    main()
