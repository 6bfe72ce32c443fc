"""What a solution is judged by: tests, limits, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from util.code.box import Wanted
from util.code.limits import Limits


@dataclass(frozen=True)
class Tests:
    """The tests of one problem.

    function: None for programs that read stdin; then inputs and outputs are texts.
    Otherwise each input is the list of positional arguments, each output the value.
    wrapped: an output may be a list that holds the value alone, as in APPS and TACO.
    ignore_case, tolerance: what a special judge of the problem allows.
    cpu, memory: the problem's own limits in seconds and bytes, where it has them.
    """

    __test__: ClassVar[bool] = False  # not one of pytest's

    inputs: list[Any]
    outputs: list[Any]
    function: str | None = None
    wrapped: bool = True
    ignore_case: bool = False
    tolerance: float | None = None
    cpu: float | None = None
    memory: int | None = None

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Judging:
    """How to judge. The defaults are strict, and stop at the first failing test.

    cpu, memory: seconds and bytes per test, whatever the problem says.
    lenient: APPS' own rules, to compare with published numbers; they accept wrong output.
    """

    wanted: Wanted = field(default_factory=Wanted)
    limits: Limits = field(default_factory=Limits)
    cpu: float | None = None
    memory: int | None = None
    lenient: bool = False
    all_tests: bool = False
    fresh: bool = False

    def limits_for(self, tests: Tests) -> Limits:
        """The option, else the problem's own limit, else the default."""
        cpu = self.cpu or tests.cpu or self.limits.cpu
        return Limits(
            cpu,
            max(self.limits.wall, 2.5 * cpu),
            self.memory or tests.memory or self.limits.memory,
            self.limits.output,
            self.limits.total,
        )
