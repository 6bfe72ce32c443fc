"""TACO: competitive programming problems by difficulty (Li et al. 2023)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tasks.apps import AppsTask
from tasks.taco_judges import ANY_ANSWER, ANY_CASE, NEAR, SPECIAL
from util.code.problem import Tests
from util.hub import SOURCES
from util.records import Row

SPECIAL_TOLERANCE = 1e-6


class TacoTask(AppsTask):
    r"""APPS' schema, with limits of time and memory, and problems that need a special judge.

    The fields ``special_judge`` and ``case`` of a row say which problems do; rows of
    the Hub's test split get them here, by their position; so do exported ones. Where
    several answers are right, or the kind of judge is unknown, the reference's answer is
    right, a program without an answer is wrong, and another answer has no verdict, unless
    the row's field ``checker`` says how to compare (see ``util.code.checkers``).

    A row::

        {"question": "Add two numbers.", "difficulty": "EASY", "time_limit": "2.0 seconds",
         "memory_limit": "256.0 megabytes",
         "input_output": "{\"inputs\": [\"1 2\\n\"], \"outputs\": [\"3\\n\"]}"}
    """

    name = "TACO"
    version = 2
    hub = SOURCES["TACO"]

    def annotated(self, row: Row, split: str, position: int | None) -> Row:
        if split == "test" and position in SPECIAL:
            return row | {"special_judge": True, "case": SPECIAL[position]}
        return row

    def tests(self, row: Row) -> Tests:
        tests = super().tests(row)
        cpu, memory = seconds(row.get("time_limit")), byte_count(row.get("memory_limit"))
        kind = special_judge(row)
        return replace(
            tests,
            cpu=cpu,
            memory=memory,
            ignore_case=kind == ANY_CASE,
            tolerance=SPECIAL_TOLERANCE if kind == NEAR else None,
            any_answer=kind == ANY_ANSWER and not row.get("checker"),
        )


def special_judge(row: Row) -> int | None:
    """The kind of special judge that a row asks for, None for none.

    An unknown kind counts as ``ANY_ANSWER``: the reference's answer is right by every judge, and no other is known to be.
    """
    if str(row.get("special_judge")).lower() not in ("true", "1", "1.0"):
        return None
    kind = str(row.get("case")).removesuffix(".0")
    return int(kind) if kind in (str(ANY_CASE), str(NEAR)) else ANY_ANSWER


def seconds(text: Any) -> float | None:
    """A limit such as "2.0 seconds" or "500 ms"; None where there is none."""
    match = re.search(r"(\d+(?:\.\d+)?)\s*(ms|milli|s)?", str(text or "").lower())
    if match is None or float(match[1]) <= 0:
        return None
    return float(match[1]) / (1000 if (match[2] or "s").startswith("m") else 1)


def byte_count(text: Any) -> int | None:
    """A limit such as "256.0 megabytes" or "1 GiB"; None where there is none."""
    match = re.search(r"(\d+(?:\.\d+)?)\s*([kmg]?)", str(text or "").lower())
    if match is None or float(match[1]) <= 0:
        return None
    return int(float(match[1]) * 2 ** {"k": 10, "": 0, "m": 20, "g": 30}[match[2]])
