"""MMLU: multiple-choice questions of 57 subjects (Hendrycks et al. 2021)."""

from __future__ import annotations

import json
from typing import ClassVar

from tasks.choice import ChoiceTask
from util.answers.chosen_option import LETTERS
from util.hub import SOURCES
from util.records import Row


class MmluTask(ChoiceTask):
    """The answer is the number of the right choice from 0, or its letter.

    A row::

        {"question": "2 + 2?", "subject": "elementary_mathematics", "choices": ["3", "4", "5", "6"], "answer": 1}
    """

    name = "MMLU"
    version = 1
    hub = SOURCES["MMLU"]
    required: ClassVar[tuple[str, ...]] = ("question", "choices", "answer")
    question_field = "question"
    source_field = "subject"

    def renamed(self, row: Row) -> Row:
        """CSV keeps the list of choices as JSON text."""
        if isinstance(row.get("choices"), str):
            try:
                return row | {"choices": json.loads(row["choices"])}
            except ValueError:
                return row
        return row

    def fault(self, row: Row) -> str | None:
        if (fault := super().fault(row)) is not None:
            return fault
        answer = str(row["answer"]).strip().upper()
        places = [*map(str, range(len(row["choices"]))), *LETTERS[: len(row["choices"])]]
        return None if answer in places else f"the answer {answer!r} is not the number or letter of a choice"

    def letter(self, row: Row) -> str | None:
        answer = row["answer"]
        return answer.strip().upper() if isinstance(answer, str) and not answer.isdigit() else LETTERS[int(answer)]
