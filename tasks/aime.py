"""AIME: contest problems whose answers are whole numbers from 0 to 999."""

from __future__ import annotations

import re
from typing import ClassVar

from tasks.dataset import field_of
from tasks.math import MathTask
from util.hub import SOURCES, HubSource
from util.records import Row
from util.system.errors import UserError
from util.task import Selection


class AimeTask(MathTask):
    """``--source`` is a year. 2025's problems have a repository of their own.

    A row::

        {"problem": "What is 6 * 7?", "answer": "042", "url": "https://example.org/2024_AIME_I_Problems/Problem_1"}
    """

    name = "AIME"
    version = 1
    hub = SOURCES["AIME"]
    required = ("problem", "answer")
    default_split = "train"
    default_source = "2024"
    source_names = ("year",)
    years: ClassVar[dict[str, HubSource]] = {
        **dict.fromkeys(("2022", "2023", "2024", "all"), SOURCES["AIME"]),
        "2025": SOURCES["AIME25"],
    }
    """Year -> where its problems are."""
    year_in_url: ClassVar[str] = r"(20\d\d)_AIME_I{1,2}_Problems"

    def hub_source(self, selection: Selection) -> HubSource:
        if selection.source not in self.years:
            raise UserError(f"{self.name} has no --source {selection.source!r}. There are: {', '.join(self.years)}.")
        return self.years[selection.source]

    def renamed(self, row: Row) -> Row:
        names = {
            "problem": field_of(row, "problem", "Problem", "question"),
            "answer": field_of(row, "answer", "Answer"),
        }
        return row | {name: value for name, value in names.items() if value is not None}

    def matches(self, row: Row, source: str) -> bool:
        """Rows that do not tell their year are taken."""
        match = re.search(self.year_in_url, str(row.get("url") or ""))
        return match is None or match[1] == source

    def tells_source(self, row: Row) -> bool:
        return re.search(self.year_in_url, str(row.get("url") or "")) is not None

    def gold(self, row: Row) -> str | None:
        answer = row["answer"]  # AMC's are floats
        if isinstance(answer, float) and answer.is_integer():
            answer = int(answer)
        answer = str(answer).strip()
        return str(int(answer)) if answer.isdigit() else answer  # some sets write 025
