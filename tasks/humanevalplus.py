"""HumanEval+: the 164 problems of HumanEval with about 80 times as many tests (Chen et al. 2021, Liu et al. 2023)."""

from __future__ import annotations

import re

from tasks.evalplus import EvalPlusTask
from util.hub import SOURCES
from util.prompting.prompts import CODE_CALL, CODE_COMPLETE, fill
from util.records import Row


class HumanEvalPlusTask(EvalPlusTask):
    r"""A function with its docstring is given, and the whole of it is asked for.

    Rows are those of a release of EvalPlus or of the Hub's set. What the prompt has before the function, imports and
    helpers, need not be repeated in an answer.

    A row::

        {"task_id": "HumanEval/0", "entry_point": "double", "atol": 0, "contract": "",
         "prompt": "import math\n\n\ndef double(x: int) -> int:\n    \"\"\" Return 2 * x.\n    >>> double(2)\n    4\n    \"\"\"\n",
         "canonical_solution": "    return 2 * x\n", "base_input": [[2]], "plus_input": [[-1], [0]]}
    """

    name = "HumanEvalPlus"
    version = 1
    mbpp = False
    hub = SOURCES["HumanEvalPlus"]
    required = ("prompt", "entry_point", "canonical_solution")
    texts = ("entry_point", "canonical_solution")

    def prompt(self, row: Row) -> str:
        task = fill(CODE_COMPLETE, target=row["entry_point"], starter=row["prompt"])
        return fill(CODE_CALL, target=str(self.call_target(row)), question=task)

    def prompt_texts(self) -> list[str]:
        return [CODE_CALL, CODE_COMPLETE]

    def reference(self, row: Row) -> str:
        return str(row["prompt"] + row["canonical_solution"])

    def preamble(self, row: Row) -> str:
        starts = [
            match.start() for match in re.finditer(rf"^def {re.escape(row['entry_point'])}\b", row["prompt"], re.M)
        ]
        return str(row["prompt"][: starts[-1]]) if starts else ""
