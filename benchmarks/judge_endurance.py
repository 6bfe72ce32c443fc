"""Does the judge stay right and small: many solutions, killed processes, a busy machine.

    python -m benchmarks.judge_endurance [--solutions 10000] [--kills 50] [--load 8]

Runs the real checker pool: worker processes, each with its sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks import TASK_HANDLERS
from util.checks.pool import CheckerPool
from util.records import Verdict
from util.system.processes import resident_bytes

ZYGOTE = b"from inside import zygote"
WORKERS = 2


@dataclass(frozen=True)
class Case:
    """One response to judge and the verdict that it must get."""

    row: dict[str, Any]
    response: str
    correct: bool


def cases() -> list[Case]:
    """The samples' coding problems, each with its solution and four broken ones."""
    rows = [json.loads(line) for line in Path("samples/apps.jsonl").read_text().splitlines()]
    found = []
    for row in rows:
        right = json.loads(row["solutions"])[0]
        for code, correct in (
            (right, True),
            (right + "\n1 / 0\n", json.loads(row["input_output"]).get("fn_name") is None and None),
            ("print(", False),
            ("import os\nos._exit(0)", False),
            ("def nothing(): pass", False),
        ):
            if correct is not None:
                found.append(Case(row, f"```python\n{code}\n```", bool(correct)))
    return found


async def judged(count: int, every: Callable[[int], None] = lambda number: None, side_by_side: int = 8) -> int:
    """Judge ``count`` cases in turn; returns how many verdicts were not the right one."""
    pool = CheckerPool(TASK_HANDLERS["APPS"](), WORKERS)
    everything, wrong, done = cases(), 0, 0
    numbers = iter(range(count))

    async def lane() -> None:
        nonlocal wrong, done
        for number in numbers:
            case = everything[number % len(everything)]
            verdict: Verdict = await pool.check(case.row, case.response)
            if verdict.correct is not case.correct:
                wrong += 1
                print(f"wrong: {verdict}, where {case.correct} is right", file=sys.stderr)
            done += 1
            every(done)

    try:
        await asyncio.gather(*(lane() for _ in range(side_by_side)))
    finally:
        pool.close()
    return wrong


def family() -> list[int]:
    """This process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents.setdefault(int(Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(
                int(entry)
            )
        except OSError:
            continue
    found = [os.getpid()]
    for pid in found:
        found += parents.get(pid, [])
    return found


def state() -> dict[str, int]:
    """Resident bytes and open descriptors of the family's lasting members, and zombies."""
    total = {"bytes": 0, "descriptors": 0, "zombies": 0, "processes": 0}
    first = set(family())
    time.sleep(0.3)
    for pid in first & set(family()):  # a solution's process is gone by now
        if b"resource_tracker" in _words(pid):
            continue
        try:
            total["zombies"] += ") Z " in Path(f"/proc/{pid}/stat").read_text()
            total["descriptors"] += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
        total["bytes"] += resident_bytes(pid)
        total["processes"] += 1
    return total


def endure(count: int) -> dict[str, Any]:
    """State after a tenth of the solutions and after all."""
    states = {}

    def look(done: int) -> None:
        if done in (count // 10, count - 20):
            states[done] = state()

    start = time.monotonic()
    wrong = asyncio.run(judged(count, look))
    early, late = states[count // 10], states[count - 20]
    return {
        "solutions": count,
        "wrong": wrong,
        "seconds": round(time.monotonic() - start, 1),
        "after a tenth": early,
        "at the end": late,
        "growth": late["bytes"] / early["bytes"] - 1,
        "left": state()["processes"] - 1,
    }


def kill_some(count: int, kills: int) -> dict[str, Any]:
    """SIGKILL workers and zygotes while solutions are judged."""
    chance = random.Random(0)
    done = {"workers": 0, "zygotes": 0}

    def kill(number: int) -> None:
        if number % max(1, count // kills) or sum(done.values()) >= kills:
            return
        below = [pid for pid in family()[1:] if b"resource_tracker" not in _words(pid)]
        sandboxes = [pid for pid in below if ZYGOTE in _words(pid)]
        kind = chance.choice(["workers", "zygotes"])
        choice = sandboxes if kind == "zygotes" else [pid for pid in below if b"spawn_main" in _words(pid)]
        if choice:
            os.kill(chance.choice(choice), signal.SIGKILL)
            done[kind] += 1

    wrong = asyncio.run(judged(count, kill))
    return {"solutions": count, "killed": done, "wrong": wrong, "left": state()["processes"] - 1}


def under_load(load: int) -> dict[str, Any]:
    """Right solutions that compute for two seconds, on a machine that has no time for them."""
    rows = [json.loads(line) for line in Path("samples/apps.jsonl").read_text().splitlines()]
    slow = "import time\nt = time.process_time()\nwhile time.process_time() - t < 2: pass\n"
    row = next(row for row in rows if "fn_name" not in json.loads(row["input_output"]))
    row = row | {"input_output": json.dumps({k: v[:1] for k, v in json.loads(row["input_output"]).items()})}
    response = f"```python\n{slow}{json.loads(row['solutions'])[0]}\n```"

    async def run() -> list[Verdict]:
        pool = CheckerPool(TASK_HANDLERS["APPS"](), WORKERS)
        try:
            return list(await asyncio.gather(*(pool.check(row, response) for _ in range(2 * WORKERS))))
        finally:
            pool.close()

    start = time.monotonic()
    with busy(load):
        verdicts = asyncio.run(run())
    slow_ones = [verdict.reason for verdict in verdicts if verdict.correct is not True]
    return {"load": load, "solutions": len(verdicts), "wrong": slow_ones, "seconds": round(time.monotonic() - start, 1)}


@contextmanager
def busy(count: int) -> Iterator[None]:
    """``count`` processes that compute."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in loops:
            process.kill()
            process.wait()


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--solutions", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--load", type=int, default=8)
    args = parser.parse_args()
    for result in (endure(args.solutions), kill_some(1000, args.kills), under_load(args.load)):
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
