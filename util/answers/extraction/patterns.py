"""Regular expressions that are compiled when they are first used: most responses need few of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def pattern(text: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """A function that returns the compiled expression, the same one at every call."""
    return cache(lambda: re.compile(text, flags))
