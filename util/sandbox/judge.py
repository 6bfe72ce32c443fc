"""Judge a solution: run it on each test, compare outside, accept only a full pass."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from util.sandbox.compare import first_difference, has_decimals, same_output, same_value
from util.sandbox.runner import Limits, Run, run
from util.verdict import Verdict

TOTAL_SECONDS = 300.0


@dataclass(frozen=True)
class Tests:
    """The tests of one problem.

    function: None for programs that read stdin; then inputs and outputs are texts.
    Otherwise each input is the list of positional arguments, each output the value.
    """

    inputs: list[Any]
    outputs: list[Any]
    function: str | None = None

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class _Outcome:
    passed: bool
    reason: str
    detail: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def judge(code: str, tests: Tests, limits: Limits | None = None, total: float = TOTAL_SECONDS) -> Verdict:
    """Run every test in its own child; stop at the first that does not pass.

    total: wall seconds for all tests together. A verdict of None means that the
    tests themselves cannot be used.
    """
    limits = limits or Limits()
    if len(tests) == 0 or len(tests.inputs) != len(tests.outputs):
        return Verdict(None, f"not judgeable: {len(tests.inputs)} inputs, {len(tests.outputs)} outputs")
    decimals = tests.function is None and has_decimals(tests.outputs)
    start, cpu = time.monotonic(), 0.0
    for index, (given, expected) in enumerate(zip(tests.inputs, tests.outputs, strict=True)):
        if time.monotonic() - start > total:
            return _failed(_Outcome(False, "time limit", f"all tests together took over {total:g} s"), index, tests)
        result = _run_test(code, tests, given, limits)
        cpu += result.cpu
        outcome = _outcome(result, tests, expected, limits, decimals)
        if not outcome.passed:
            return _failed(outcome, index, tests)
    evidence = {"tests": len(tests), "cpu_seconds": round(cpu, 3), "sandbox": result.report.get("layers", [])}
    return Verdict(True, f"passed all {len(tests)} tests", evidence)


def _run_test(code: str, tests: Tests, given: Any, limits: Limits) -> Run:
    if tests.function is None:
        return run(code, limits, stdin=given)
    return run(code, limits, function=tests.function, arguments=given)


def _failed(outcome: _Outcome, index: int, tests: Tests) -> Verdict:
    evidence = {"test": index, "tests": len(tests), "detail": outcome.detail}
    return Verdict(False, f"{outcome.reason} on test {index + 1} of {len(tests)}", evidence)


def _outcome(result: Run, tests: Tests, expected: Any, limits: Limits, decimals: bool) -> _Outcome:
    stderr = result.stderr.decode("utf-8", "replace").strip()[-500:]
    if "compile_error" in result.report:
        return _Outcome(False, "compile error", str(result.report["compile_error"]))
    if result.timed_out:
        return _Outcome(False, "time limit", f"cpu {result.cpu:.1f} s, wall {result.wall:.1f} s")
    if len(result.stdout) >= limits.output:
        return _Outcome(False, "output limit", f"over {limits.output} bytes")
    if "missing" in result.report:
        return _Outcome(False, "runtime error", f"there is no function {tests.function}")
    if result.status != 0:
        kind = "memory limit" if "MemoryError" in stderr[-200:] else "runtime error"
        return _Outcome(False, kind, stderr or f"exit status {result.status}")
    if tests.function is None:
        actual = result.stdout.decode("utf-8", "replace")
        if same_output(expected, actual, decimals=decimals):
            return _Outcome(True, "passed")
        return _Outcome(False, "wrong answer", first_difference(expected, actual, decimals=decimals))
    if "value" not in result.report:
        return _Outcome(False, "runtime error", "the program ended before it returned a value")
    try:
        value = decoded(result.report["value"])
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        return _Outcome(False, "wrong answer", f"the result cannot be read: {error}"[:200])
    if same_value(expected, value):
        return _Outcome(True, "passed")
    return _Outcome(False, "wrong answer", f"expected {_short(expected)}, got {_short(value)}")


def decoded(value: Any) -> Any:
    """The plain value of the child's tagged data (see ``child.encoded``)."""
    if value is None or isinstance(value, bool | str):
        return value
    tag, content = value
    if tag == "int":
        return int(content, 16)
    if tag == "float":
        return float.fromhex(content)
    if tag == "list":
        return [decoded(item) for item in content]
    if tag == "set":
        return frozenset(_hashable(decoded(item)) for item in content)
    if tag == "dict":
        return {_hashable(decoded(k)): decoded(v) for k, v in content}
    raise ValueError(f"unknown tag {tag!r}")


def _hashable(value: Any) -> Any:
    return tuple(_hashable(item) for item in value) if isinstance(value, list) else value


def _short(value: Any, width: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= width else f"{text[:width]}..."


def quick_self_test() -> None:
    """Run a pass, a failure and a forbidden act; raise if one gets the wrong verdict.

    Raises:
        RuntimeError: the sandbox does not judge rightly on this machine.
    """
    cases: Iterable[tuple[str, bool, str]] = (
        ("print(int(input()) * 2)", True, "a right program"),
        ("print(int(input()) * 3)", False, "a wrong program"),
        ("import os; os.fork(); print(4)", False, "a program that forks"),
        ("import socket; socket.socket(); print(4)", False, "a program that opens a socket"),
    )
    for code, expected, what in cases:
        verdict = judge(code, Tests(["2\n"], ["4\n"]))
        if verdict.correct is not expected:
            raise RuntimeError(f"{what} was judged {verdict.correct}: {verdict.reason} {verdict.evidence}")
