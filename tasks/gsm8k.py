"""GSM8K: school word problems (Cobbe et al. 2021)."""

from __future__ import annotations

from tasks.math import MathTask
from util.hub import SOURCES, Row


class Gsm8kTask(MathTask):
    name = "GSM8K"
    hub = SOURCES["GSM8K"]
    required = ("question", "answer")
    question_field = "question"
    texts = ("answer",)

    def gold(self, row: Row) -> str | None:
        """What stands behind the last ####; 1,000 is 1000."""
        _, marker, answer = row["answer"].rpartition("####")
        return answer.strip().replace(",", "") if marker else None
