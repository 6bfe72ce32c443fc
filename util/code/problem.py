"""Records of the judge: tests, limits, options, and the result of one child of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from util.code.child_progress import ChildProgress
from util.code.inside import watch

if TYPE_CHECKING:
    from util.code.compare import Rules
    from util.code.outcome import Outcome

Booleans = Literal["exact", "declared", "equal"]
"""Which results equal an expected boolean or integer of the other type.

exact: none. declared: the integers 0 and 1 where a boolean is expected, as a site does that converts a
result to the declared type. equal: 0 and False, 1 and True either way, as Python compares them.
"""


@dataclass(frozen=True)
class Wanted:
    """The sandbox layers to use. Switching one off is for tests and for unusual machines.

    level: the minimum level, "any", "strong" or "full".
    python: path of the interpreter that runs the programs; "" is this one.
    """

    level: str = "strong"
    namespaces: bool = True
    landlock: bool = True
    seccomp: bool = True
    python: str = ""


@dataclass(frozen=True)
class Limits:
    """Per test: CPU and wall seconds, bytes of memory, bytes of output. total: CPU seconds of all tests.

    The wall limit is for programs that sleep; a program that computes but has to wait
    for a processor is judged only by its CPU time.
    """

    cpu: float = 6.0
    wall: float = 15.0
    memory: int = 2**30
    output: int = 16 * 2**20
    total: float = 300.0

    @property
    def deadline(self) -> float:
        """Wall seconds after which the caller aborts the check of a solution."""
        return 12 * self.total + 15 * self.wall


class ResultChecker(Protocol):
    """Decides on the result of one test in place of the usual comparison. It runs outside the sandbox."""

    def outcome(self, tests: Tests, index: int, data: bytes, rules: Rules) -> Outcome:
        """The outcome of test ``index`` (from 0) that ended normally.

        data: what it printed, or its result as ``inside.values`` encodes it. rules: those of the problem's outputs.
        """


@dataclass(frozen=True)
class Signature:
    """Types of a function's parameters and of its result, as ``inside.leetcode.kind_of`` gives them; None for plain ones."""

    parameters: tuple[Any, ...]
    result: Any = None


@dataclass(frozen=True)
class Tests:
    """The tests of one problem.

    function: None for programs that read stdin; inputs and outputs are then strings.
    Otherwise each input is a list of positional arguments, each output the result.
    wrapped: every output is a list with the value as its only element, as in rows of APPS and TACO from Codewars.
    booleans: how a boolean and an integer compare.
    signature: types of arguments and result, if the row declares them; linked lists and trees are converted to
    LeetCode's classes. Without one, the annotations of the solution's own function count.
    ignore_case, tolerance: what the problem's special judge allows.
    cpu, memory: the problem's own limits in seconds and bytes, if it has any.
    python: version of the interpreter that the problem asks for, such as "3.11" or "pypy3.10".
    any_answer: outputs other than the listed ones may be right; one that differs is neither right nor wrong.
    checker: compares instead of the usual rules.
    preamble, epilogue: code before and after the solution. asked: the function that the solution must define, where
    ``function`` is one of the epilogue that calls it.
    reference: a right program. Its results are the outputs, which are then empty (see ``util.code.reference``).
    """

    __test__: ClassVar[bool] = False  # not a pytest class

    inputs: list[Any]
    outputs: list[Any]
    function: str | None = None
    wrapped: bool = False
    booleans: Booleans = "exact"
    signature: Signature | None = None
    ignore_case: bool = False
    tolerance: float | None = None
    cpu: float | None = None
    memory: int | None = None
    python: str = ""
    any_answer: bool = False
    checker: ResultChecker | None = None
    preamble: str = ""
    epilogue: str = ""
    asked: str | None = None
    reference: str | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def program(self, code: str) -> str:
        """The program that is run for a solution, with what stands before and after it.

        A solution with ``from __future__`` stays first, as the language demands.
        """
        before = "" if "__future__" in code or not self.preamble else f"{self.preamble}\n"
        return before + code + (f"\n{self.epilogue}" if self.epilogue else "")


@dataclass(frozen=True)
class Judging:
    """How to judge. The defaults are strict and stop at the first failing test.

    cpu, memory: seconds and bytes per test; they override the problem's limits.
    lenient: the rules of APPS, for comparison with published results; they accept wrong output.
    fresh: run each test in its own child.
    speed: CPU seconds that this machine needs for one of the reference machine (see ``calibration``); limits grow by it.
    """

    wanted: Wanted = field(default_factory=Wanted)
    limits: Limits = field(default_factory=Limits)
    cpu: float | None = None
    memory: int | None = None
    lenient: bool = False
    all_tests: bool = False
    fresh: bool = False
    speed: float = 1.0

    def limits_for(self, tests: Tests) -> Limits:
        """The limits for ``tests``: the option if set, else the problem's limit, else the default."""
        cpu = (self.cpu or tests.cpu or self.limits.cpu) * self.speed
        return Limits(
            cpu,
            max(self.limits.wall, 2.5 * cpu),
            self.memory or tests.memory or self.limits.memory,
            self.limits.output,
            self.limits.total * self.speed,
        )


@dataclass(frozen=True)
class Run:
    """The result of one child. status: exit code, negative for a signal. flags: see ``inside.watch``.

    cpu, wall: seconds. memory: bytes at the peak. progress: its output and report.
    """

    status: int
    flags: int
    progress: ChildProgress
    stderr: bytes
    cpu: float
    wall: float
    memory: int

    @property
    def stdout(self) -> bytes:
        return bytes(self.progress.stdout)

    @property
    def records(self) -> list[tuple[bytes, bytes]]:
        """Tags and contents of the report."""
        return self.progress.records

    @property
    def timed_out(self) -> bool:
        return bool(self.flags & (watch.OUT_OF_TIME | watch.OUT_OF_CPU))

    @property
    def out_of_disk(self) -> bool:
        return bool(self.flags & watch.OUT_OF_DISK)
