"""How fast this machine runs Python: limits on CPU time are meant for a reference machine and grow on slower ones.

The reference is one core of an AMD EPYC (third generation, 2021) with CPython 3.11. A faster machine keeps the limits.
"""

from __future__ import annotations

from util.code.box import Box
from util.code.problem import Limits

REFERENCE_SECONDS = 0.009
"""CPU seconds of one round of ``PROGRAM`` on the reference machine (``python -m benchmarks.judge --calibration``)."""

SLOWEST = 8.0
"""A machine that seems slower than this many times is not judged by; the measurement went wrong."""

PROGRAM = """
import time

def work():
    total, seen, rows = 0, {}, []
    for i in range(60_000):
        total += i * i % 7
    for i in range(15_000):
        seen[i * 7919 % 10_007] = seen.get(i % 997, 0) + 1
    for i in range(8_000):
        rows.append((i * 31 % 1009, str(i)))
    rows.sort()
    words = " ".join(word for _, word in rows).split()
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    return total + len(seen) + len(words) + fib(17)

times = []
for _ in range(4):
    start = time.process_time()
    work()
    times.append(time.process_time() - start)
print(min(times))
"""
"""What solutions commonly do: arithmetic, dictionaries, sorting, strings, recursion. The first round warms caches."""


def measured(box: Box) -> float:
    """CPU seconds of one round of the program in this sandbox.

    Raises:
        BoxError: the sandbox ended.
        ValueError: the program did not finish.
    """
    run = box.run("run", PROGRAM, [b""], Limits(cpu=60, wall=120))
    return float(run.stdout)


def speed(box: Box) -> float:
    """CPU seconds that this machine needs for one of the reference machine, at least 1.

    Raises:
        BoxError, ValueError: as ``measured``.
    """
    return min(SLOWEST, max(1.0, round(measured(box) / REFERENCE_SECONDS, 2)))
