"""MMLU-Redux 2.0: 100 questions of each of MMLU's 57 subjects, checked by people (Gema et al. 2024)."""

from __future__ import annotations

from tasks.mmlu import MmluTask
from util.answers.chosen_option import LETTERS
from util.hub import SOURCES, HubSource
from util.records import Row
from util.task import Selection

OK, WRONG_LABEL = "ok", "wrong_groundtruth"
SELECTIONS = {"ok": (OK,), "corrected": (OK, WRONG_LABEL)}


class MmluReduxTask(MmluTask):
    """``--source`` is ok (the rows without an error: what papers report), corrected (also those whose label was wrong,
    with the right one), all, an error type, a subject, or a selection and a subject: corrected:virology.

    Questions that are unclear, or that have no right option or several, have no verdict. It has no split for examples; those
    of MMLU are shown, whose test questions these are.

    A row::

        {"question": "2 + 2?", "subject": "elementary_mathematics", "choices": ["3", "4", "5", "6"], "answer": 1,
         "error_type": "ok", "source": null, "correct_answer": null, "potential_reason": null}
    """

    name = "MMLU-Redux"
    version = 1
    hub = SOURCES["MMLU-Redux"]
    required = ("question", "choices", "answer", "error_type")
    default_source = "ok"
    source_field = "error_type"

    def hub_source(self, selection: Selection) -> HubSource:
        return SOURCES["MMLU"] if selection.split == self.fewshot_split else self.hub

    def annotated(self, row: Row, split: str, position: int | None) -> Row:
        """Rows of MMLU's own split for examples have no error_type."""
        return {"error_type": OK, **row} if split == self.fewshot_split else row

    def matches(self, row: Row, source: str) -> bool:
        head, colon, subject = source.partition(":")
        if colon:
            return row.get("subject") == subject and (head == "all" or self.matches(row, head))
        return row["error_type"] in SELECTIONS.get(source, (source,)) or (
            row.get("subject") == source and row["error_type"] == OK
        )

    def letter(self, row: Row) -> str | None:
        if row["error_type"] == OK:
            return super().letter(row)
        if row["error_type"] != WRONG_LABEL:
            return None
        return _option(row.get("correct_answer"), len(row["choices"]))

    def no_letter(self, row: Row) -> str:
        return f"MMLU-Redux marks the question as {row['error_type']}"


def _option(answer: object, count: int) -> str | None:
    """The letter of an option that is written as a letter or as a number from 0; None for anything else.

    >>> _option("2", 4), _option("(b)", 4), _option("A and C", 4), _option(None, 4)
    ('C', 'B', None, None)
    """
    text = str(answer if answer is not None else "").strip("() .").upper()
    if text.isdecimal() and int(text) < count:
        return LETTERS[int(text)]
    return text if len(text) == 1 and text in LETTERS[:count] else None
