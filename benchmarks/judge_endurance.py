"""Endurance test of the judge, verdicts and memory: many solutions, killed processes, a busy machine.

    python -m benchmarks.judge_endurance [--solutions 10000] [--kills 100] [--load 8]

It uses the real checker pool: worker processes, each with its own sandbox. The solutions include deep recursion. On the
busy and on the slow machine (a quota of half a processor, where control groups can be written) the same solutions, and
programs that compute for a third of their limit, get the same verdicts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import family
from tasks import TASK_HANDLERS
from util.checks.pool import CheckerPool
from util.records import Verdict
from util.system.processes import resident_bytes
from util.task import CheckOptions

ZYGOTE = b"from inside import "
WORKERS = 2
REST_SECONDS = 60.0


@dataclass(frozen=True)
class Case:
    """A response and the verdict that it must get."""

    row: dict[str, Any]
    response: str
    correct: bool


def cases() -> list[Case]:
    """The coding problems in samples/, each with its solution and four wrong ones."""
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
    return found + deep_cases()


def deep_cases() -> list[Case]:
    """Recursion of 100,000 calls, plain and through a cache, right and wrong by one."""
    tests = json.dumps({"inputs": ["5\n", "100000\n"], "outputs": ["5\n", "100000\n"]})
    row = {"question": "Count down.", "difficulty": "introductory", "input_output": tests}
    found = []
    for cache in ("", "from functools import lru_cache\n@lru_cache(None)\n"):
        for last in (0, 1):
            code = f"{cache}def f(n):\n    return {last} if n == 0 else 1 + f(n - 1)\nprint(f(int(input())))"
            found.append(Case(row, f"```python\n{code}\n```", last == 0))
    return found


async def judged(count: int, every: Callable[[int], None] = lambda number: None, side_by_side: int = 8) -> int:
    """Judge ``count`` cases, cycling through ``cases``; return the number of wrong verdicts."""
    pool = CheckerPool(TASK_HANDLERS["APPS"]().checker(CheckOptions()), WORKERS)
    everything, wrong, done = cases(), 0, 0
    numbers = iter(range(count))

    async def lane() -> None:
        nonlocal wrong, done
        for number in numbers:
            case = everything[number % len(everything)]
            verdict: Verdict = await pool.check(case.row, case.response)
            if verdict.correct is not case.correct:
                wrong += 1
                print(f"wrong: {verdict}, expected {case.correct}", file=sys.stderr)
            done += 1
            every(done)

    try:
        await asyncio.gather(*(lane() for _ in range(side_by_side)))
    finally:
        pool.close()
    return wrong


def ours() -> list[int]:
    """This process and its running descendants, without the resource tracker of multiprocessing."""
    below = [process.pid for process in family.running()]
    return [os.getpid(), *(pid for pid in below if b"resource_tracker" not in _words(pid))]


def state(others: frozenset[int] = frozenset()) -> dict[str, int]:
    """Resident bytes and open descriptors of the processes in ``ours`` but not in ``others``, and zombies.

    Waits until no process has started, ended or used the processor for 0.3 s, so that every solution has ended.
    """
    deadline, before = time.monotonic() + REST_SECONDS, None
    while (now := _activity(others)) != before and time.monotonic() < deadline:
        before = now
        time.sleep(0.3)
    family.reap_orphans()
    total = {"bytes": 0, "descriptors": 0, "processes": 0}
    for pid in set(ours()) - others:
        with contextlib.suppress(OSError):
            total["descriptors"] += len(os.listdir(f"/proc/{pid}/fd"))
            total["bytes"] += resident_bytes(pid)
            total["processes"] += 1
    return {**total, "zombies": sum(process.state == "Z" for process in family.descendants())}


def left(others: frozenset[int]) -> int:
    """Number of processes that still run besides this one and ``others``. Killed ones get time to end."""
    deadline = time.monotonic() + REST_SECONDS
    while len(set(ours()) - others) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(set(ours()) - others) - 1


def _activity(others: frozenset[int]) -> dict[int, float]:
    """CPU seconds of each process except this one."""
    found = {}
    for pid in set(ours()) - others - {os.getpid()}:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            found[pid] = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return found


def endure(count: int) -> dict[str, Any]:
    """Judge ``count`` solutions; return the state after a tenth of them and at the end."""
    states: dict[int, dict[str, int]] = {}
    others = frozenset(ours()[1:])

    def look(done: int) -> None:
        if done in (count // 10, count - 20):
            states[done] = state(others)

    start = time.monotonic()
    with family.keep_orphans():
        wrong = asyncio.run(judged(count, look))
        remaining = left(others)
    early, late = states[count // 10], states[count - 20]
    return {
        "solutions": count,
        "wrong": wrong,
        "seconds": round(time.monotonic() - start, 1),
        "after a tenth": early,
        "at the end": late,
        "growth": late["bytes"] / early["bytes"] - 1,
        "left": remaining,
    }


def kill_some(count: int, kills: int) -> dict[str, Any]:
    """Send SIGKILL to workers and zygotes while solutions are judged."""
    chance, others = random.Random(0), frozenset(ours()[1:])
    done = {"workers": 0, "zygotes": 0}

    def kill(number: int) -> None:
        if number % max(1, count // kills) or sum(done.values()) >= kills:
            return
        below = sorted(set(ours()[1:]) - others)
        sandboxes = [pid for pid in below if ZYGOTE in _words(pid)]
        kind = chance.choice(["workers", "zygotes"])
        choice = sandboxes if kind == "zygotes" else [pid for pid in below if b"spawn_main" in _words(pid)]
        if choice:
            os.kill(chance.choice(choice), signal.SIGKILL)
            done[kind] += 1

    with family.keep_orphans():
        wrong = asyncio.run(judged(count, kill))
        remaining = left(others)
    return {"solutions": count, "killed": done, "wrong": wrong, "left": remaining}


def under_load(load: int) -> dict[str, Any]:
    """Judge right solutions that compute for two seconds on an overloaded machine, and all cases once."""
    with busy(load):
        return {"load": load, **computing(), "wrong verdicts": asyncio.run(judged(len(cases())))}


def slowed_down() -> dict[str, Any]:
    """The same on half a processor."""
    with half_a_processor() as means:
        return {"slowed by": means, **computing(), "wrong verdicts": asyncio.run(judged(len(cases())))}


def computing() -> dict[str, Any]:
    """Judge right solutions that compute for a third of their limit."""
    rows = [json.loads(line) for line in Path("samples/apps.jsonl").read_text().splitlines()]
    slow = "import time\nt = time.process_time()\nwhile time.process_time() - t < 2: pass\n"
    row = next(row for row in rows if "fn_name" not in json.loads(row["input_output"]))
    row = row | {"input_output": json.dumps({k: v[:1] for k, v in json.loads(row["input_output"]).items()})}
    response = f"```python\n{slow}{json.loads(row['solutions'])[0]}\n```"

    async def run() -> list[Verdict]:
        pool = CheckerPool(TASK_HANDLERS["APPS"]().checker(CheckOptions()), WORKERS)
        try:
            return list(await asyncio.gather(*(pool.check(row, response) for _ in range(2 * WORKERS))))
        finally:
            pool.close()

    start = time.monotonic()
    verdicts = asyncio.run(run())
    slow_ones = [verdict.reason for verdict in verdicts if verdict.correct is not True]
    return {"solutions": len(verdicts), "wrong": slow_ones, "seconds": round(time.monotonic() - start, 1)}


QUOTA = (("cpu/judge-endurance/cpu.cfs_quota_us", "50000"), ("judge-endurance/cpu.max", "50000 100000"))
"""Control groups of both versions: the file of the quota, and half a processor in it."""


@contextlib.contextmanager
def half_a_processor() -> Iterator[str]:
    """Limit this process and its children to half a processor, where that is possible; yields how."""
    for name, half in QUOTA:
        file = Path("/sys/fs/cgroup", name)
        before = Path("/sys/fs/cgroup", *Path(name).parts[:-2], "cgroup.procs")
        try:
            file.parent.mkdir(exist_ok=True)
            file.write_text(half)
            (file.parent / "cgroup.procs").write_text(str(os.getpid()))
        except OSError:
            continue
        try:
            yield f"a quota of half a processor ({file.parent})"
        finally:
            before.write_text(str(os.getpid()))
            with contextlib.suppress(OSError):
                file.parent.rmdir()
        return
    with busy(4 * (os.cpu_count() or 1)):
        yield "four busy processes for each processor (control groups cannot be written)"


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Run ``count`` processes that use the processor."""
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
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--load", type=int, default=8)
    args = parser.parse_args()
    steps: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: endure(args.solutions),
        lambda: kill_some(2000, args.kills),
        lambda: under_load(args.load),
        slowed_down,
    )
    for step in steps:
        print(json.dumps(step()), flush=True)


if __name__ == "__main__":
    main()
