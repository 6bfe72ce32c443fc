"""MBPP+: 378 problems of MBPP with about 35 times as many tests (Austin et al. 2021, Liu et al. 2023)."""

from __future__ import annotations

import re
from typing import Any

from tasks.code import UnusableTests
from tasks.evalplus import EvalPlusTask
from tasks.evalplus_rows import of_text
from tasks.mbpp_types import converted
from util.hub import SOURCES
from util.prompting.prompts import CODE_CALL, CODE_EXAMPLE, fill
from util.records import Row


class MbppPlusTask(EvalPlusTask):
    r"""A description and one assertion are given, as in EvalPlus' prompts; a function is asked for.

    Rows are those of a release of EvalPlus or of the Hub's set.

    A row::

        {"task_id": "Mbpp/3", "entry_point": "double", "atol": 0, "contract": "", "assertion": "assert double(2) == 4",
         "prompt": "\"\"\"\nWrite a function to double a number.\nassert double(2) == 4\n\"\"\"\n",
         "canonical_solution": "\ndef double(x):\n    return 2 * x\n", "base_input": [[2]], "plus_input": [[-1], [0]]}
    """

    name = "MBPPPlus"
    version = 1
    mbpp = True
    hub = SOURCES["MBPPPlus"]
    required = ("prompt", "canonical_solution")
    texts = ("canonical_solution",)

    def renamed(self, row: Row) -> Row:
        row = super().renamed(row)
        if "code" in row and "canonical_solution" not in row:  # the Hub's name
            row = {("canonical_solution" if name == "code" else name): value for name, value in row.items()}
        if not row.get("test_list") and isinstance(row.get("prompt"), str):
            text, example = _parts(row["prompt"])
            row = row | {"prompt": text, "test_list": [example] if example else []}
        return row

    def function(self, row: Row) -> str | None:
        if row.get("entry_point") or not isinstance(row.get("test"), str):
            return row.get("entry_point") or None
        try:
            return of_text(row["test"]).function
        except UnusableTests:
            return None

    def prompt(self, row: Row) -> str:
        text = fill(CODE_CALL, target=str(self.call_target(row)), question=row["prompt"])
        examples = row.get("test_list") or []
        return text + (fill(CODE_EXAMPLE, example=str(examples[0]).strip()) if examples else "")

    def prompt_texts(self) -> list[str]:
        return [CODE_CALL, CODE_EXAMPLE]

    def arguments(self, row: Row, inputs: list[Any]) -> list[list[Any]]:
        number = str(row.get("task_id")).rpartition("/")[2]
        return converted(int(number), inputs) if number.isdigit() else inputs


def _parts(prompt: str) -> tuple[str, str]:
    r"""Description and assertions of a release's prompt, which is a docstring.

    >>> _parts('\"\"\"\nDouble it.\nassert f(2) == 4\n\"\"\"\n')
    ('Double it.', 'assert f(2) == 4')
    """
    inside = re.fullmatch(r'\s*(?:"""|\'\'\')(.*)(?:"""|\'\'\')\s*', prompt, re.DOTALL)
    if inside is None:
        return prompt, ""
    text, newline, example = inside[1].partition("\nassert ")
    return text.strip(), ("assert " + example).strip() if newline else ""
