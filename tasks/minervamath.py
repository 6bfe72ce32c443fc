"""MinervaMath: university problems of science with a numeric or symbolic answer (Lewkowycz et al. 2022)."""

from __future__ import annotations

import re

from tasks.math import MathTask
from util.hub import SOURCES
from util.records import Row

NUMPY = ((r"\bnp\.log10\b", r"\\log_{10}"), (r"\bnp\.log\b", r"\\ln"), (r"\bnp\.", ""), (r"\*\*", "^"))
"""Some gold answers are written in NumPy's notation, whose log is the natural one."""


class MinervaMathTask(MathTask):
    """Gold answers may be written in NumPy's notation.

    A row::

        {"question": "What is 6 * 7?", "answer": "42"}
    """

    name = "MinervaMath"
    version = 1
    hub = SOURCES["MinervaMath"]
    required = ("question", "answer")
    question_field = "question"

    def gold(self, row: Row) -> str | None:
        gold = str(row["answer"])
        for pattern, replacement in NUMPY if "np." in gold else ():
            gold = re.sub(pattern, replacement, gold)
        return gold
