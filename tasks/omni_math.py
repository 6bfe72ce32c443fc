"""Omni-MATH: problems of olympiads with solutions and answers (Gao et al. 2024)."""

from __future__ import annotations

from tasks.prose import ProseMathTask
from util.hub import SOURCES
from util.records import Row


class OmniMathTask(ProseMathTask):
    """``--source`` is the contest ("HMMT_2"), or an area of mathematics ("Algebra", "Number Theory").

    Some gold answers are sentences; see ``tasks.prose``.

    A row::

        {"domain": ["Mathematics -> Algebra -> Prealgebra -> Integers"], "difficulty": 2.0,
         "problem": "What is 6 * 7?", "solution": "6 * 7 = 42.", "answer": "42", "source": "HMMT_2"}
    """

    name = "Omni-MATH"
    version = 1
    hub = SOURCES["Omni-MATH"]
    required = ("problem", "answer")
    source_field = "source"

    def matches(self, row: Row, source: str) -> bool:
        domains = row.get("domain") or ()
        areas = {
            part.strip()
            for domain in ([domains] if isinstance(domains, str) else domains)
            for part in domain.split("->")
        }
        return row.get("source") == source or source in areas

    def gold(self, row: Row) -> str | None:
        return str(row["answer"]).strip() or None
