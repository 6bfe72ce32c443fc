"""OlympiadBench: contest problems in English with a written answer, without images (He et al. 2024)."""

from __future__ import annotations

from tasks.math import MathTask
from util.hub import SOURCES
from util.records import Row


class OlympiadBenchTask(MathTask):
    """``--source`` is a subfield.

    A row::

        {"question": "Solve x^2 = 4.", "final_answer": ["2, -2"], "subfield": "Algebra"}
    """

    name = "OlympiadBench"
    version = 1
    hub = SOURCES["OlympiadBench"]
    required = ("question", "final_answer")
    question_field = "question"
    default_split = "train"
    source_field = "subfield"

    def gold(self, row: Row) -> str | None:
        """Several answers are one list."""
        answers = row["final_answer"]
        answers = answers if isinstance(answers, list) else [answers]
        return ", ".join(map(str, answers)) or None
