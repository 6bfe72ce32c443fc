"""AIME: contest problems whose answers are whole numbers from 0 to 999."""

from __future__ import annotations

import re

from tasks.base import field_of
from tasks.math import MathTask
from util.hub import HubSource, Row

_YEAR = re.compile(r"(20\d\d)_AIME_I{1,2}_Problems")


class AimeTask(MathTask):
    name = "AIME"
    hub = HubSource("AI-MO/aimo-validation-aime", revision="13f9e12f613e720c2a2b2f345dd04b998a29494d")
    required = ("problem", "answer")
    default_split = "train"
    default_source = "2024"

    def renamed(self, row: Row) -> Row:
        names = {
            "problem": field_of(row, "problem", "Problem", "question"),
            "answer": field_of(row, "answer", "Answer"),
        }
        return row | {name: value for name, value in names.items() if value is not None}

    def matches(self, row: Row, source: str) -> bool:
        """``source`` is a year; rows that do not tell theirs are taken."""
        match = _YEAR.search(str(row.get("url") or ""))
        return match is None or match[1] == source

    def gold(self, row: Row) -> str | None:
        answer = str(row["answer"]).strip()
        return str(int(answer)) if answer.isdigit() else answer  # some sets write 025
