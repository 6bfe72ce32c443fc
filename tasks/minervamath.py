"""MinervaMath: university problems of science with a numeric or symbolic answer (Lewkowycz et al. 2022)."""

from __future__ import annotations

from tasks.math import MathTask
from util.hub import SOURCES


class MinervaMathTask(MathTask):
    name = "MinervaMath"
    hub = SOURCES["MinervaMath"]
    required = ("question", "answer")
    question_field = "question"
