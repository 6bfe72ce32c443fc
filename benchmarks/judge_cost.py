"""Cost of judging: the sandbox compared with the minimum cost of forking and with other methods.

    python -m benchmarks.judge_cost [--rounds 3] [--out FILE]

Measures the CPU time per test of all processes; all methods run alternately on the same problems.
"""

from __future__ import annotations

import argparse
import json
import marshal
import multiprocessing
import os
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
from util.code import compare, compare_values
from util.code.inside import modules
from util.code.judge import box_for, close_boxes, judge
from util.code.problem import Judging

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
    """The method of SkyThought: a manager and a process per solution; programs run inside that process."""
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
    "ours, batched": lambda problem: ours(problem, BATCHED),
    "ours, fresh": lambda problem: ours(problem, FRESH),
    "floor A: one child": one_child,
    "floor B: fork per test": child_per_test,
    "manager and process": managed_process,
    "python3 per test": interpreter_per_test,
}


def cpu_seconds() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    used = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return used + box_for(BATCHED.wanted).cpu_seconds()


def measure(rounds: int) -> dict[str, dict[int, float]]:
    """Milliseconds of CPU time per test: method -> number of tests -> median over rounds."""
    for name in modules.PRELOADED:  # the floors import the modules that the zygote imports
        __import__(name)
    seconds: dict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(rounds):
        for count in COUNTS:
            chosen = [problem for problem in problems(number) if len(problem.tests) == count]
            for method, run in METHODS.items():
                if method.startswith("python3") and number:
                    continue  # slow; one round is enough
                start = cpu_seconds()
                for problem in chosen:
                    run(problem)
                seconds[method, count].append((cpu_seconds() - start) / (count * len(chosen)) * 1000)
    return {method: {count: statistics.median(seconds[method, count]) for count in COUNTS} for method in METHODS}


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
    args = parser.parse_args()
    table = measure(args.rounds)
    print(f"{len(problems())} problems; sandbox {box_for(BATCHED.wanted).level}; CPU milliseconds per test")
    print(f"{'tests':26}" + "".join(f"{count:>9}" for count in COUNTS))
    for method, row in table.items():
        print(f"{method:26}" + "".join(f"{row[count]:9.3f}" for count in COUNTS))
    at = {method: row[20] for method, row in table.items()}
    ratios = {
        "batched / floor A (at most 1.5)": at["ours, batched"] / at["floor A: one child"],
        "fresh / floor B (at most 2.5)": at["ours, fresh"] / at["floor B: fork per test"],
        "python3 per test / batched (at least 20)": at["python3 per test"] / at["ours, batched"],
        "manager / batched (at least 1)": at["manager and process"] / at["ours, batched"],
        "two workers / one (at least 1.8)": scaling(args.rounds),
    }
    close_boxes()
    print("\nat 20 tests:")
    for name, value in ratios.items():
        print(f"  {name:44}{value:7.2f}")
    if args.out:
        args.out.write_text(json.dumps({"ms_per_test": table, "ratios": ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
