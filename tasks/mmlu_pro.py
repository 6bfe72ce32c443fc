"""MMLU-Pro: harder questions with up to ten options (Wang et al. 2024)."""

from __future__ import annotations

from tasks.mmlu import MmluTask
from util.hub import SOURCES
from util.records import Row


class MmluProTask(MmluTask):
    """Up to ten options; the answer is a letter.

    A row::

        {"question": "2 + 2?", "category": "math", "options": ["3", "4", "5"], "answer": "B"}
    """

    name = "MMLU-Pro"
    version = 1
    hub = SOURCES["MMLU-Pro"]
    source_field = "category"
    fewshot_split = "validation"
    fewshot_column = "category"

    def example(self, row: Row) -> str | None:
        """The reasoning that comes with the rows of the validation split, then the letter."""
        reasoning = str(row.get("cot_content") or "").strip().removeprefix("A:").strip()
        return f"{reasoning}\n\n{super().example(row)}".strip()

    def renamed(self, row: Row) -> Row:
        """Short lists of options may be filled up to ten with "N/A"."""
        options = row.get("options")
        if isinstance(options, list):
            real = [n for n, text in enumerate(options) if str(text).strip() != "N/A"]
            row = row | {"choices": options[: real[-1] + 1] if real else options}
        return super().renamed(row)
