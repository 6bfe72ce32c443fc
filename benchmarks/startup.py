"""Time of ``SCRIPT --help`` beyond bare Python, and the imports that take it.

    python -m benchmarks.startup [--runs 15] [--modules 8]

The runs of all scripts are interleaved, so that load on the machine affects them equally. Times are medians of the
wall clock and of CPU time, which other programs affect less. The bound is 0.15 s of wall time beyond
``python -c pass``. The second table is from one more run of each script with -X importtime: milliseconds in the
modules themselves, by package for third-party code and by module for ours. Exits with 1 if a script exceeds the bound.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("inference_and_check", "convert_format", "convert_to_data", "label_math_difficulty", "eval")
BOUND_SECONDS = 0.15
BARE = "bare Python"
OURS = ("util", "tasks", "samples", "__main__", *SCRIPTS)
_LINE = re.compile(r"import time:\s*(\d+) \|\s*\d+ \| *(\S+)")


def environment(cache: str) -> dict[str, str]:
    """An environment in which byte code is written to the folder ``cache`` and read from it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": cache}


def seconds(words: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def medians(commands: dict[str, list[str]], runs: int, env: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Median (wall, CPU) seconds of each command, after one run of each that fills the caches."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, words in commands.items():
            taken = seconds(words, env)
            if number:
                times[name].append(taken)
    return {
        name: (statistics.median(wall for wall, _ in found), statistics.median(cpu for _, cpu in found))
        for name, found in times.items()
    }


def import_times(words: list[str], env: dict[str, str]) -> Counter[str]:
    """Microseconds of import time, by package for third-party code and by module for ours."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    found: Counter[str] = Counter()
    for own, module in _LINE.findall(done.stderr):
        package = module.split(".")[0]
        found[module if package in OURS else package] += int(own)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--modules", type=int, default=8)
    args = parser.parse_args()
    commands = {BARE: ["-c", "pass"], **{name: [f"{name}.py", "--help"] for name in SCRIPTS}}
    with tempfile.TemporaryDirectory() as cache:
        env = environment(cache)
        found = medians(commands, args.runs, env)
        imports = {name: import_times(words, env) for name, words in commands.items()}
    over = print_times(found)
    print(f"\nImports beyond those of bare Python, own time in milliseconds (the {args.modules} largest):")
    for name in SCRIPTS:
        times = Counter({module: own for module, own in imports[name].items() if module not in imports[BARE]})
        largest = ", ".join(f"{module} {own / 1000:.1f}" for module, own in times.most_common(args.modules))
        print(f"{name}: {times.total() / 1000:.0f} in all; {largest}")
    return int(over)


def print_times(found: dict[str, tuple[float, float]]) -> bool:
    """Print the table; return whether a script exceeds the bound."""
    over = False
    print(f"{'command':<24} {'wall s':>8} {'over bare':>10} {'CPU s':>8} {'over bare':>10}")
    for name, (wall, cpu) in found.items():
        more_wall, more_cpu = wall - found[BARE][0], cpu - found[BARE][1]
        late = more_wall > BOUND_SECONDS
        over |= late
        figures = f"{wall:>8.3f} {more_wall:>+10.3f} {cpu:>8.3f} {more_cpu:>+10.3f}"
        print(f"{name:<24} {figures}{'  over the bound' if late else ''}")
    return over


if __name__ == "__main__":
    sys.exit(main())
