"""MMLU-Pro: harder questions with up to ten options (Wang et al. 2024)."""

from __future__ import annotations

from tasks.mmlu import MmluTask
from util.hub import SOURCES, Row


class MmluProTask(MmluTask):
    name = "MMLU-Pro"
    hub = SOURCES["MMLU-Pro"]
    source_field = "category"

    def renamed(self, row: Row) -> Row:
        return super().renamed(row | {"choices": row["options"]} if "options" in row else row)
