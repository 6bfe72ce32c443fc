"""Codeforces problems with their published tests, as open-r1 collected them (Penedo et al. 2025)."""

from __future__ import annotations

from typing import Any

from tasks.code import CodeTask, UnusableTests
from util.code.problem import Tests
from util.hub import SOURCES
from util.records import Row


class CodeforcesTask(CodeTask):
    """``--source`` is a rating, as "1500-1900" or "1500".

    Where a problem has several right answers (``generated_checker``), a program that prints the listed ones is right and
    one that prints others has no verdict: the checker is a program of the dataset and is not run. Interactive problems,
    those with files, and those whose published tests are cut off have no verdict.

    A row::

        {"id": "1/A", "title": "Sum", "description": "Print the sum of two numbers.", "time_limit": 2.0,
         "memory_limit": 256.0, "input_format": "Two integers.", "output_format": "One integer.",
         "interaction_format": null, "note": null, "examples": [{"input": "1 2", "output": "3"}], "rating": 800,
         "input_mode": "stdio", "generated_checker": null, "official_tests_complete": true,
         "official_tests": [{"input": "1 2", "output": "3"}, {"input": "5 7", "output": "12"}]}
    """

    name = "Codeforces"
    version = 1
    hub = SOURCES["Codeforces"]
    required = ("question", "official_tests")
    question_field = "question"
    default_temperature = 0.0

    def renamed(self, row: Row) -> Row:
        return row if "question" in row or not row.get("description") else row | {"question": statement(row)}

    def matches(self, row: Row, source: str) -> bool:
        low, _, high = source.partition("-")
        if not low.isdigit() or (high and not high.isdigit()):
            return False
        rating = row.get("rating")
        return rating is not None and int(low) <= float(rating) <= int(high or low)

    def tests(self, row: Row) -> Tests:
        if row.get("interaction_format"):
            raise UnusableTests("the problem is interactive")
        if row.get("input_mode") not in (None, "stdio"):
            raise UnusableTests(
                f"the problem reads and writes in mode {row['input_mode']!r}, not standard input and output"
            )
        cases = row["official_tests"]
        if not cases:
            raise UnusableTests("the row has no tests")
        if row.get("official_tests_complete") is False:
            raise UnusableTests("the published tests are cut off (official_tests_complete is false)")
        inputs, outputs = [str(case["input"]) for case in cases], [str(case["output"]) for case in cases]
        cpu, memory = _number(row.get("time_limit")), _number(row.get("memory_limit"))
        return Tests(
            inputs, outputs, cpu=cpu, memory=int(memory * 2**20) if memory else None,
            any_answer=bool(row.get("generated_checker")),
        )  # fmt: skip

    def call_target(self, row: Row) -> str | None:
        return None


def statement(row: Row) -> str:
    """The problem as its page shows it: text, formats, examples, note."""
    parts = [str(row["description"])]
    for title, name in (("Input", "input_format"), ("Output", "output_format")):
        if row.get(name):
            parts.append(f"{title}:\n{row[name]}")
    for number, example in enumerate(row.get("examples") or (), 1):
        parts.append(f"Example {number}:\nInput:\n{example['input']}\nOutput:\n{example['output']}")
    if row.get("note"):
        parts.append(f"Note:\n{row['note']}")
    limits = [("Time limit", "time_limit", "s"), ("Memory limit", "memory_limit", "MB")]
    parts += [f"{title}: {limit:g} {unit}" for title, name, unit in limits if (limit := _number(row.get(name)))]
    return "\n\n".join(parts)


def _number(value: Any) -> float | None:
    """A positive limit, None where the row has none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if found > 0 else None
