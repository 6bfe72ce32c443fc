"""SuperGPQA: graduate questions of 285 disciplines with up to ten options (M-A-P 2025)."""

from __future__ import annotations

from tasks.choice import ChoiceTask
from util.answers.chosen_option import LETTERS
from util.hub import SOURCES
from util.records import Row


class SuperGpqaTask(ChoiceTask):
    """``--source`` is a discipline ("Engineering"), field, subfield, or difficulty ("easy", "middle", "hard").

    A row::

        {"uuid": "u1", "question": "2 + 2?", "options": ["3", "4", "5"], "answer": "4", "answer_letter": "B",
         "discipline": "Science", "field": "Mathematics", "subfield": "Arithmetic", "difficulty": "easy",
         "is_calculation": true}
    """

    name = "SuperGPQA"
    version = 1
    hub = SOURCES["SuperGPQA"]
    required = ("question", "choices", "answer_letter")
    question_field = "question"
    texts = ("answer_letter",)
    default_split = "train"
    source_field = "discipline"

    def renamed(self, row: Row) -> Row:
        return row if "choices" in row or "options" not in row else row | {"choices": row["options"]}

    def matches(self, row: Row, source: str) -> bool:
        return source in [row.get(name) for name in ("discipline", "field", "subfield", "difficulty")]

    def fault(self, row: Row) -> str | None:
        """The letter must name an option, and the one with the answer's text."""
        if (fault := super().fault(row)) is not None:
            return fault
        letter, choices = row["answer_letter"].strip(), row["choices"]
        if letter not in LETTERS[: len(choices)] or len(letter) != 1:
            return f"the answer_letter {letter!r} is not one of the {len(choices)} options"
        return None

    def letter(self, row: Row) -> str | None:
        """None where the row contradicts itself: its letter and its answer's text name different options."""
        letter, text = row["answer_letter"].strip(), row.get("answer")
        chosen = row["choices"][LETTERS.index(letter)]
        if (
            isinstance(text, str)
            and text.strip() != chosen.strip()
            and text.strip() in [c.strip() for c in row["choices"]]
        ):
            return None
        return str(letter)

    def no_letter(self, row: Row) -> str:
        return "answer_letter and answer name different options"
