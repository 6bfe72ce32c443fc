"""Check vLLM and this suite on one GPU, in at most 8 minutes; see docs/gpu.md.

    python -m benchmarks.gpu_check [--output FOLDER]
    python -m benchmarks.gpu_check --small            # a tiny model and few prompts; needs no GPU

The steps: devices and versions; the quickstart's generation; the pipeline against ``LLM.chat`` with a model of 7B shape and
no weights; a kill -9 in the middle and the same command again; one Ray replica against plain vLLM; a kill -9 of the script
alone; the GPU's memory and processes afterwards. Each runs in a process of its own with a time limit. A step that fails is a
row of the table, the others still run, and the exit status is 1. Table, JSON and the log of all steps go into the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.family import keep_orphans, reap_orphans, running
from benchmarks.gpu_kills import SPARE_MIB
from benchmarks.gpu_setup import (
    FULL,
    SMALL,
    Job,
    Sizes,
    environment,
    memory_used,
    seconds_until,
    step_command,
    write_model,
)
from util.results.json_file import write_json
from util.system.errors import UserError
from util.system.project import ROOT

MINUTES = 8.0
LIMITS = {"devices": 60, "quickstart": 130, "overhead": 200, "kill": 150, "guard": 90, "ray": 170}
"""Steps in their order, and the seconds after which each is stopped. The last ones can best be done without."""
RESERVE_SECONDS = 10.0
"""Kept for the last step."""
LEAST_SECONDS = 3.0
"""A step that would get less is not started."""
GRACE_SECONDS = 15.0
"""How long a step's processes may take to end after it, and at the end the GPU's memory to become free."""
SETTLE_SECONDS = 5.0
"""How long the next step waits for free memory."""
TAIL_LINES = 20


@dataclass(frozen=True)
class StepRow:
    """One row of the table. result: ok, failed, skipped or not run. tail: the end of a failed step's log."""

    step: str
    result: str
    seconds: float
    lines: list[str]
    figures: dict[str, Any] = field(default_factory=dict)
    mib_after: int | None = None
    tail: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        first, *others = self.lines or [""]
        rows = [f"{self.step:<11} {self.result:<8} {self.seconds:>7.1f}  {first}"]
        return "\n".join([*rows, *(f"{'':<30}{line}" for line in others)])


@dataclass(frozen=True)
class Check:
    """One run of all steps.

    folder: temporary. output: of JSON and log. before: MiB of the GPUs in use at the start, None without a GPU. start: on the
    monotonic clock. limit: seconds for each step instead of those of ``LIMITS``.
    """

    folder: Path
    output: Path
    small: bool
    before: int | None
    start: float
    minutes: float
    limit: float | None

    @property
    def model(self) -> Path:
        return self.folder / "dummy"

    @property
    def log(self) -> Path:
        return self.output / "gpu_check.log"

    @property
    def sizes(self) -> Sizes:
        return SMALL if self.small else FULL

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.start

    def job(self, folder: Path, seconds: float) -> Job:
        return Job(self.sizes, self.model, folder, self.before is not None, seconds)


def run_step(check: Check, name: str) -> StepRow:
    """Run a step in a process of its own; whatever happens to it becomes a row."""
    limit = min(check.limit or LIMITS[name], 60 * check.minutes - RESERVE_SECONDS - check.seconds)
    if limit < LEAST_SECONDS:
        return StepRow(name, "not run", 0.0, ["no time is left"])
    folder, result = check.folder / name, check.folder / f"{name}.json"
    folder.mkdir()
    start = time.monotonic()
    with check.log.open("ab") as log:
        log.write(f"\n== {name}\n".encode())
        log.flush()
        offset = log.tell()
        process = subprocess.Popen(
            step_command(name, check.job(folder, limit), folder, result, limit), cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env=environment(check.before is not None),
        )  # fmt: skip
        try:
            faults = _fault(process.wait(timeout=limit), result)
        except subprocess.TimeoutExpired:
            faults = [f"stopped: not finished within {limit:.0f} s"]
            end_processes()
            process.wait()
    seconds = time.monotonic() - start
    found = json.loads(result.read_text()) if result.exists() else {}
    if left := _left_over():
        faults.append(f"left running: {', '.join(left)}")
        end_processes()
    used = _memory_when_free(check, SETTLE_SECONDS)
    if faults:
        tail = _tail(check.log, offset)
        return StepRow(
            name, "failed", seconds, [*faults, *found.get("lines", [])], found.get("figures", {}), used, tail
        )
    if "skipped" in found:
        return StepRow(name, "skipped", seconds, [found["skipped"]], mib_after=used)
    return StepRow(name, "ok", seconds, found["lines"], found["figures"], used)


def _fault(status: int, result: Path) -> list[str]:
    """Why a step that has ended failed; nothing if it did not."""
    if not result.exists():
        return [f"its process died with status {status}"]
    found = json.loads(result.read_text())
    if "reason" in found:
        return [found["reason"]]
    return [f"its process ended with status {status} after its work"] if status else []


def _left_over() -> list[str]:
    """The processes that a step has left, after a time in which they may end by themselves."""
    seconds_until(lambda: not _running(), GRACE_SECONDS)
    return [_name(process.pid) for process in _running()]


def _running() -> list[Any]:
    reap_orphans()
    return running()


def _name(pid: int) -> str:
    try:
        found = psutil.Process(pid)
        return f"{pid} ({' '.join(found.cmdline())[:80] or found.name()})"
    except psutil.Error:
        return f"{pid} (ended since)"


def end_processes() -> None:
    """Kill every process that this one or its children have started."""
    for _ in range(100):
        processes = running()
        if not processes:
            break
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.05)
    reap_orphans()


def _memory_when_free(check: Check, limit: float) -> int | None:
    """MiB in use, once they are as at the start or ``limit`` seconds are over."""
    if check.before is None:
        return None
    most = check.before + SPARE_MIB
    seconds_until(lambda: (memory_used() or 0) <= most, limit)
    return memory_used()


def _tail(log: Path, offset: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read().decode(errors="replace").replace("\r", "\n")
    return [line[:300] for line in text.splitlines() if line.strip()][-TAIL_LINES:]


def last_step(check: Check) -> StepRow:
    """Whether the GPU's memory is back, and no process is left."""
    start = time.monotonic()
    left = _left_over()
    lines = [f"processes left: {', '.join(left) or 'none'}"]
    after = _memory_when_free(check, GRACE_SECONDS)
    if check.before is None:
        lines.append("no GPU: its memory was not checked")
        back = True
    else:
        back = after is not None and after <= check.before + SPARE_MIB
        lines.append(f"GPU memory in use: {check.before} MiB before the check, {after} MiB after it")
    result = "ok" if back and not left else "failed"
    figures = {"mib_before": check.before, "mib_after": after, "left_running": left}
    return StepRow("memory", result, time.monotonic() - start, lines, figures, after)


def run_all(check: Check, steps: list[str], about: dict[str, Any]) -> list[StepRow]:
    """Run the steps; print each row and write the JSON file after each, so that a run that is cut off has left both."""
    print(f"{'step':<11} {'result':<8} {'seconds':>7}  figures", flush=True)
    rows: list[StepRow] = []
    for name in [*steps, "memory"]:
        rows.append(last_step(check) if name == "memory" else run_step(check, name))
        print(rows[-1], flush=True)
        found = about | {"seconds": check.seconds, "steps": [asdict(row) for row in rows]}
        write_json(check.output / "gpu_check.json", found)
    return rows


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a tiny model and few prompts, also without a GPU")
    parser.add_argument("--output", type=Path, default=ROOT / ".cache" / "gpu_check", help="folder for JSON and log")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all steps (8); those after it are not run")
    parser.add_argument("--steps", nargs="+", choices=LIMITS, default=list(LIMITS), help="only these, in this order")
    parser.add_argument("--limit", type=float, help="seconds for each step, in place of its own limit")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    start, before = time.monotonic(), memory_used()
    if before is None and not args.small:
        print("No GPU found (nvidia-smi and torch see none). Without one, use --small.", file=sys.stderr)
        return 1
    args.output.mkdir(parents=True, exist_ok=True)
    words = f"python -m benchmarks.gpu_check {shlex.join(sys.argv[1:])}".strip()
    about = {"command": words, "started": datetime.now(UTC).isoformat(timespec="seconds"), "small": args.small}
    print(f"$ {words}\n", flush=True)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as name, keep_orphans():
        check = Check(Path(name), args.output.resolve(), args.small, before, start, args.minutes, args.limit)
        check.log.write_bytes(b"")
        try:
            write_model(check.model, check.sizes.shape)
            rows = run_all(check, args.steps, about)
        except UserError as error:  # no tokenizer
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted; the processes of the steps are ended", file=sys.stderr)
            return 130
        finally:
            end_processes()
    for row in rows:
        if row.tail:
            print(f"\nEnd of the log of {row.step}:\n  " + "\n  ".join(row.tail))
    print(f"\n{check.seconds:.0f} s in all; figures: {check.output / 'gpu_check.json'}; log: {check.log}")
    return int(any(row.result in ("failed", "not run") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
