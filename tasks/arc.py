"""ARC-Challenge: school science questions (Clark et al. 2018)."""

from __future__ import annotations

from tasks.choice import ChoiceTask
from util.hub import SOURCES, Row


class ArcChallengeTask(ChoiceTask):
    """Options are numbered by letters or digits in the data; here they are letters throughout."""

    name = "ARC-C"
    hub = SOURCES["ARC-C"]
    required = ("question", "choices", "answer")
    question_field = "question"

    def renamed(self, row: Row) -> Row:
        choices, key = row.get("choices"), row.get("answerKey")
        if not isinstance(choices, dict) or key not in choices.get("label", ()):
            return row
        return row | {"choices": list(choices["text"]), "answer": "ABCDEFGHIJ"[list(choices["label"]).index(key)]}

    def letter(self, row: Row) -> str:
        return str(row["answer"])
