"""MMLU: multiple-choice questions of 57 subjects (Hendrycks et al. 2021)."""

from __future__ import annotations

from tasks.choice import ChoiceTask
from util.hub import HubSource, Row


class MmluTask(ChoiceTask):
    name = "MMLU"
    hub = HubSource("cais/mmlu", config="all")
    required = ("question", "choices", "answer")
    question_field = "question"
    source_field = "subject"

    def letter(self, row: Row) -> str:
        answer = row["answer"]
        return answer.strip().upper() if isinstance(answer, str) and not answer.isdigit() else "ABCD"[int(answer)]
