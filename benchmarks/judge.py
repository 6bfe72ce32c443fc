"""Cost of judging: the sandbox compared with unconfined forks, a process per solution and an interpreter per test.

    python -m benchmarks.judge [--rounds 3] [--out FILE]
    python -m benchmarks.judge --calibration

All methods run on the same problems, one after the other for each problem, in an order that changes. CPU time is that of
all processes. "LiveCodeBench's way" is a stand-in for its tester: a manager and a forked process per solution, which runs
the solution on every test inside itself, with a replaced standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import marshal
import multiprocessing
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.judge_problems import COUNTS, Problem, printed, problems
from tasks.apps import AppsTask
from util.checks.pool import CheckerPool
from util.code import compare, compare_values
from util.code.calibration import measured
from util.code.inside import modules
from util.code.judge import box_for, close_boxes, judge
from util.code.launch import Template
from util.code.problem import Judging
from util.task import CheckOptions

BATCHED, FRESH = Judging(), Judging(fresh=True)


def ours(problem: Problem, judging: Judging) -> None:
    verdict = judge(problem.code, problem.tests, judging)
    assert verdict.correct is True, (problem.name, verdict)


def one_child(problem: Problem) -> None:
    """Floor A: all tests in one forked child without a sandbox."""
    _expect(problem, _forked(problem, range(len(problem.tests))))


def child_per_test(problem: Problem) -> None:
    """Floor B: one fork per test without a sandbox; the code is compiled once."""
    code = compile(problem.code, "solution.py", "exec")
    results: list[Any] = []
    for index in range(len(problem.tests)):
        results += _forked(problem, [index], code)
    _expect(problem, results)


def interpreter_per_test(problem: Problem) -> None:
    """A new ``python3`` process per test."""
    results: list[Any] = []
    for given in problem.tests.inputs:
        program, text = problem.code, given
        if problem.tests.function is not None:
            program = (
                f"{problem.code}\nimport json, sys\nsolve = Solution().solve if 'Solution' in globals() else solve\n"
                "print(json.dumps(solve(*json.load(sys.stdin))))"
            )
            text = json.dumps(given)
        done = subprocess.run([sys.executable, "-c", program], input=text, capture_output=True, text=True, check=True)
        results.append(json.loads(done.stdout) if problem.tests.function else done.stdout)
    _expect(problem, results)


def managed_process(problem: Problem) -> None:
    """LiveCodeBench's way, which SkyThought's tools share."""
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        results = manager.list()
        process = context.Process(target=_managed, args=(problem, results))
        process.start()
        process.join()
        assert list(results) == [True] * len(problem.tests)


def _managed(problem: Problem, results: Any) -> None:
    code = compile(problem.code, "solution.py", "exec")
    results.extend([_right(problem, index, _result(problem, code, index)) for index in range(len(problem.tests))])


def _forked(problem: Problem, indices: Any, code: Any = None) -> list[Any]:
    fd = os.memfd_create("results")
    pid = os.fork()
    if pid == 0:
        try:
            code = code or compile(problem.code, "solution.py", "exec")
            os.write(fd, marshal.dumps([_result(problem, code, index) for index in indices]))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    data = os.pread(fd, os.fstat(fd).st_size, 0)
    os.close(fd)
    return list(marshal.loads(data))


def _result(problem: Problem, code: Any, index: int) -> Any:
    given = problem.tests.inputs[index]
    if problem.tests.function is None:
        return printed(code, given)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return (namespace["Solution"]().solve if "Solution" in namespace else namespace["solve"])(*given)


def _right(problem: Problem, index: int, result: Any) -> bool:
    expected = problem.tests.outputs[index]
    if problem.tests.function is None:
        return compare.same_output(expected.encode(), result.encode(), compare.Rules())
    return compare_values.same_value(expected, result)


def _expect(problem: Problem, results: list[Any]) -> None:
    assert all(_right(problem, index, result) for index, result in enumerate(results)), problem.name


METHODS: dict[str, Callable[[Problem], None]] = {
    "batched": lambda problem: ours(problem, BATCHED),
    "fresh": lambda problem: ours(problem, FRESH),
    "one fork": one_child,
    "fork per test": child_per_test,
    "LiveCodeBench's way": managed_process,
    "python3 per test": interpreter_per_test,
}


def cpu_seconds() -> float:
    return used() + box_for(BATCHED.wanted).cpu_seconds()


def used() -> float:
    """CPU seconds of this process and of the children that it has waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measure(rounds: int) -> dict[str, dict[int, float]]:
    """Milliseconds of CPU time per test: method -> number of tests -> median over rounds."""
    for name in modules.PRELOADED:  # the unconfined forks have the modules that the zygote has
        __import__(name)
    chance = random.Random(0)
    medians: dict[str, dict[int, float]] = defaultdict(dict)
    for count in COUNTS:
        seconds: dict[str, list[float]] = defaultdict(list)
        for number in range(rounds):
            chosen = [problem for problem in problems(number) if len(problem.tests) == count]
            total: dict[str, float] = defaultdict(float)
            for problem in chosen:
                for method in chance.sample(sorted(METHODS), len(METHODS)):
                    if method.startswith("python3") and number:
                        continue  # slow; one round is enough
                    start = cpu_seconds()
                    METHODS[method](problem)
                    total[method] += cpu_seconds() - start
            for method, spent in total.items():
                seconds[method].append(spent / (count * len(chosen)) * 1000)
        for method in METHODS:
            medians[method][count] = statistics.median(seconds[method])
    return medians


def mixed() -> list[tuple[Problem, str, bool]]:
    """The problems' solutions, and three wrong programs for each: problem, code, whether it is right."""
    found = []
    for problem in problems():
        wrong = ["print(", "raise ValueError", "def solve(*a): return None\nprint(0)"]
        found += [(problem, problem.code, True), *((problem, code, False) for code in wrong)]
    return found


def throughput() -> float:
    """Programs judged per CPU second, of the mix."""
    programs = mixed()
    start = cpu_seconds()
    for problem, code, right in programs:
        assert judge(code, problem.tests, BATCHED).correct is right, (problem.name, code)
    return len(programs) / (cpu_seconds() - start)


SMALL_RUN = 20
_ALONE = "from benchmarks import judge as b; print(b.alone({!r}))"


def alone(what: str) -> float:
    """CPU seconds of this process and its children until it has started the pool or judged ``SMALL_RUN`` programs."""
    chosen = problems()[:SMALL_RUN]
    if what == "LiveCodeBench's way":
        for problem in chosen:
            managed_process(problem)
    elif what != "imports":
        asyncio.run(_checked(chosen if what == "ours" else chosen[:2]))
        Template.stop()
    return used()


async def _checked(chosen: list[Problem]) -> None:
    """Judge solutions as a run does: self-test, calibration, a pool of two checkers."""
    checker = AppsTask().checker(CheckOptions())
    pool = CheckerPool(checker.settled(checker.prepare()), 2)
    rows = []
    for problem in chosen:
        tests = {"inputs": problem.tests.inputs, "outputs": problem.tests.outputs, "fn_name": problem.tests.function}
        rows.append({"question": problem.name, "difficulty": "easy", "input_output": json.dumps(tests)})
    fenced = [f"```python\n{problem.code}\n```" for problem in chosen]
    verdicts = await asyncio.gather(*(pool.check(row, text) for row, text in zip(rows, fenced, strict=True)))
    assert all(verdict.correct for verdict in verdicts), verdicts
    pool.close()


def start_up(rounds: int) -> dict[str, float]:
    """CPU seconds of fresh processes, medians: the imports, and beyond them the pool and a small run by two methods."""

    def once(what: str) -> float:
        command = [sys.executable, "-c", _ALONE.format(what)]
        return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)

    kinds = ("imports", "pool", "ours", "LiveCodeBench's way")
    seconds = {what: statistics.median(once(what) for _ in range(rounds)) for what in kinds}
    return {what: value - (seconds["imports"] if what == "pool" else 0) for what, value in seconds.items()}


def scaling(rounds: int) -> float:
    """Wall time of one worker divided by that of two on the same work; median."""
    ratios = []
    for number in range(rounds):
        wall = {}
        for workers in (1, 2):
            with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
                list(pool.map(_share, [-1] * workers))  # starts the sandboxes
                start = time.monotonic()
                list(pool.map(_share, range(number, number + 16)))
                wall[workers] = time.monotonic() - start
        ratios.append(wall[1] / wall[2])
    return statistics.median(ratios)


def _share(seed: int) -> None:
    if seed < 0:
        box_for(BATCHED.wanted)
        time.sleep(1)  # so that each worker gets one task
        return
    for problem in problems(seed):
        ours(problem, BATCHED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="also write the results to this JSON file")
    parser.add_argument("--calibration", action="store_true", help="only time the program of util/code/calibration.py")
    args = parser.parse_args()
    if args.calibration:
        rounds = [measured(box_for(BATCHED.wanted)) for _ in range(20)]
        print(f"CPU seconds of a round: least {min(rounds):.4f}, median {statistics.median(rounds):.4f}")
        return close_boxes()
    table = measure(args.rounds)
    print(f"{len(problems())} problems; sandbox {box_for(BATCHED.wanted).level}; CPU milliseconds per test")
    print(f"{'tests':26}" + "".join(f"{count:>9}" for count in COUNTS))
    for method, row in table.items():
        print(f"{method:26}" + "".join(f"{row[count]:9.3f}" for count in COUNTS))
    at, started = {method: row[20] for method, row in table.items()}, start_up(args.rounds)
    figures = {
        "batched / one fork, 20 tests (at most 1.3)": at["batched"] / at["one fork"],
        "fresh / fork per test (at most 2.5)": at["fresh"] / at["fork per test"],
        "python3 per test / batched (at least 20)": at["python3 per test"] / at["batched"],
        "LiveCodeBench's way / batched (at least 1)": at["LiveCodeBench's way"] / at["batched"],
        "programs per CPU second (at least 40)": throughput(),
        "pool of two ready, CPU seconds (at most 1)": started["pool"],
        f"{SMALL_RUN} programs, a whole process, CPU seconds": started["ours"],
        "the same by LiveCodeBench's way": started["LiveCodeBench's way"],
        "two workers / one (at least 1.8)": scaling(args.rounds),
    }
    close_boxes()
    print()
    for name, value in figures.items():
        print(f"  {name:48}{value:7.2f}")
    if args.out:
        args.out.write_text(json.dumps({"ms_per_test": table, "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
