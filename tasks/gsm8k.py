"""GSM8K: school word problems (Cobbe et al. 2021)."""

from __future__ import annotations

import re

from tasks.math import MathTask
from util.hub import SOURCES
from util.records import Row


class Gsm8kTask(MathTask):
    """The gold answer is the text after ``####``.

    A row::

        {"question": "What is 6 * 7?", "answer": "6 * 7 = 42. #### 42"}
    """

    name = "GSM8K"
    version = 1
    hub = SOURCES["GSM8K"]
    required = ("question", "answer")
    question_field = "question"
    texts = ("answer",)
    fewshot_split = "train"

    def example(self, row: Row) -> str | None:
        """The solution without the annotations of a calculator (``<<6*7=42>>``)."""
        solution = re.sub(r"<<[^<>]*>>", "", row["answer"].rpartition("####")[0]).strip()
        return super().example(row | {"solution": solution})

    def gold(self, row: Row) -> str | None:
        """The text after the last ``####``; 1,000 is 1000."""
        _, marker, answer = row["answer"].rpartition("####")
        return answer.strip().replace(",", "") if marker else None
