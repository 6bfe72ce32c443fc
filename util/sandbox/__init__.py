"""Run code that a model wrote, and judge it by tests. See ``judge.judge``."""

from util.sandbox.box import Wanted
from util.sandbox.judge import judge
from util.sandbox.problem import Judging, Tests

__all__ = ["Judging", "Tests", "Wanted", "judge"]
