"""ARC-Challenge: school science questions (Clark et al. 2018)."""

from __future__ import annotations

from tasks.choice import ChoiceTask
from util.answers.chosen_option import LETTERS
from util.hub import SOURCES
from util.records import Row


class ArcChallengeTask(ChoiceTask):
    """Options are numbered by letters or digits in the data; here they are letters throughout.

    A row::

        {"question": "2 + 2?", "choices": {"label": ["1", "2"], "text": ["3", "4"]}, "answerKey": "2"}
    """

    name = "ARC-C"
    version = 1
    hub = SOURCES["ARC-C"]
    required = ("question", "choices", "answer")
    question_field = "question"
    fewshot_split = "train"

    def renamed(self, row: Row) -> Row:
        choices, key = row.get("choices"), row.get("answerKey")
        if not isinstance(choices, dict):
            return row
        labels = choices.get("label", ())
        if key not in labels or len(labels) > len(LETTERS):
            return row
        return row | {"choices": list(choices["text"]), "answer": LETTERS[list(labels).index(key)]}

    def letter(self, row: Row) -> str:
        return str(row["answer"])
