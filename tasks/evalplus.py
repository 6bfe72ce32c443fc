"""What HumanEval+ and MBPP+ share (Liu et al. 2023, arXiv 2305.01210): rows, tests, and how results are compared."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tasks.code import CodeTask, UnusableTests
from tasks.evalplus_rows import EvalPlusTests, of_release, of_text
from util.code.evalplus_rules import EvalPlusRules
from util.code.problem import Tests
from util.code.typed_results import CALLED, epilogue, typed
from util.records import Row


class EvalPlusTask(CodeTask):
    """A function to write; a solution must pass the tests of the original benchmark and the added ones.

    mbpp: whether the rules of MBPP+ apply, else those of HumanEval+.
    """

    mbpp: ClassVar[bool]
    default_temperature = 0.0
    question_field = "prompt"

    def renamed(self, row: Row) -> Row:
        """Inputs as JSON texts: they hold values that neither strict JSON nor Parquet has, such as infinity."""
        lists = {
            name: json.dumps(row[name])
            for name in ("base_input", "plus_input")
            if isinstance(row.get(name), list | dict)
        }
        return row | lists

    def fault(self, row: Row) -> str | None:
        if isinstance(row.get("test"), str) or row.get("base_input") is not None:
            return None
        return "the row has neither 'test' (as on the Hub) nor 'base_input' (as in EvalPlus' releases)"

    def function(self, row: Row) -> str | None:
        """The function that a solution must define; None if the row does not name it."""
        return row.get("entry_point") or None

    def example(self, row: Row) -> str | None:
        return f"```python\n{self.reference(row).strip()}\n```"

    def reference(self, row: Row) -> str:
        """A program with the reference solution."""
        return str(row["canonical_solution"])

    def preamble(self, row: Row) -> str:
        """Code of the prompt that a solution need not repeat."""
        return ""

    def arguments(self, row: Row, inputs: list[Any]) -> list[list[Any]]:
        """The inputs of a release with the types that JSON has no form for."""
        return inputs

    def call_target(self, row: Row) -> str | None:
        return f"function `{self.function(row)}`"

    def tests(self, row: Row) -> Tests:
        found, inputs = self._found(row)
        function = self.function(row)
        if not function or not function.isidentifier():
            raise UnusableTests("the row does not name the function")
        if not inputs:
            raise UnusableTests("the row has no tests")
        return Tests(
            inputs,
            [typed(result) for result in found.results] if found.results is not None else [],
            CALLED,
            wrapped=False,
            checker=EvalPlusRules(function, found.atol, self.mbpp),
            preamble=self.preamble(row),
            epilogue=epilogue(function),
            asked=function,
            reference=None if found.results is not None else self.reference(row),
        )

    def _found(self, row: Row) -> tuple[EvalPlusTests, list[list[Any]]]:
        if row.get("base_input") is None:
            found = of_text(row["test"])
            return found, found.inputs
        found = of_release(row)
        try:
            return found, self.arguments(row, found.inputs)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise UnusableTests(f"an input does not have the types of its problem ({error})") from error
