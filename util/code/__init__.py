"""Run code that a model wrote, and judge it by tests. See ``judge.judge``."""

from util.code.box import Wanted
from util.code.judge import judge
from util.code.problem import Judging, Tests

__all__ = ["Judging", "Tests", "Wanted", "judge"]
