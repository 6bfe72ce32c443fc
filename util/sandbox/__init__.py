"""Run code that a model wrote, and judge it by tests. See ``judge.judge``."""

from util.sandbox.judge import Tests, judge, quick_self_test
from util.sandbox.runner import Limits

__all__ = ["Limits", "Tests", "judge", "quick_self_test"]
