"""APPS: programming problems with stdin or call-based tests (Hendrycks et al. 2021)."""

from __future__ import annotations

import json

from tasks.code import CodeTask, input_output_tests
from util.code.problem import Tests
from util.hub import SOURCES
from util.records import Row


class AppsTask(CodeTask):
    r"""APPS, by difficulty (``--source``). Tests are JSON text; ``fn_name`` in them makes a problem call-based.

    A row::

        {"question": "Add two numbers.", "difficulty": "introductory",
         "input_output": "{\"inputs\": [\"1 2\\n\"], \"outputs\": [\"3\\n\"]}"}
    """

    name = "APPS"
    version = 1
    hub = SOURCES["APPS"]
    required = ("question", "input_output")
    texts = ("input_output",)
    question_field = "question"
    source_field = "difficulty"
    fewshot_split = "train"

    def renamed(self, row: Row) -> Row:
        if "id" in row and "problem_id" not in row:
            row = {("problem_id" if name == "id" else name): value for name, value in row.items()}
        if isinstance(row.get("input_output"), dict):  # some copies are parsed already
            row = row | {"input_output": json.dumps(row["input_output"])}
        return row

    def tests(self, row: Row) -> Tests:
        starter = str(row.get("starter_code") or "")
        return input_output_tests(row["input_output"], starter, one_of="one-of" in str(row.get("checker")))

    def call_target(self, row: Row) -> str | None:
        function = function_name(row["input_output"])
        return f"function `{function}`" if function else None


def function_name(input_output: str) -> str | None:
    """``fn_name`` of the tests; None for stdin problems and unusable tests."""
    try:
        data = json.loads(input_output or "{}", parse_int=str)
    except ValueError:
        return None
    return (data.get("fn_name") or None) if isinstance(data, dict) else None
