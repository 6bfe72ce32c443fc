"""What the programming handlers share: find the code, run it on the row's tests."""

from __future__ import annotations

import json
import re
import sys
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from tasks.dataset import DatasetTask, field_of
from util.code.checkers import with_checker
from util.code.extract_code import extract_code
from util.code.judge import judge
from util.code.problem import Judging, Tests
from util.code.reference import with_outputs
from util.code.signatures import list_depth, misfit, signature_of
from util.prompting.prompts import CODE_CALL, CODE_STDIN, STARTER_CODE, fill
from util.records import NO_CODE, NOT_JUDGEABLE, Row, Verdict
from util.task import Checker, CheckOptions


class UnusableTests(ValueError):
    """A row's tests cannot judge anything; the message says why."""


class CodeTask(DatasetTask):
    """A problem whose solutions are judged by running them."""

    kind = "code"
    template = CODE_STDIN
    default_temperature = 0.7

    @abstractmethod
    def tests(self, row: Row) -> Tests:
        """The row's tests.

        Raises:
            UnusableTests: there are none, or they are malformed.
        """

    def call_target(self, row: Row) -> str | None:
        """What a call-based problem asks for ("function `f`"), None for programs that read standard input."""
        return None

    def example(self, row: Row) -> str | None:
        """The row's first reference program."""
        found = field_of(row, "solutions", "canonical_solution", "solution", "code")
        if isinstance(found, str) and found.lstrip().startswith("["):  # APPS: a list as JSON text
            try:
                found = json.loads(found)
            except ValueError:
                return None
        program = found[0] if isinstance(found, list) and found else found
        return f"```python\n{program.strip()}\n```" if isinstance(program, str) and program.strip() else None

    def prompt(self, row: Row) -> str:
        target = self.call_target(row)
        question = row[self.question_field]
        if target is None:
            text = fill(CODE_STDIN, question=question)
        else:
            text = fill(CODE_CALL, target=target, question=question)
        starter = str(row.get("starter_code") or "").strip("\n")
        return text + (fill(STARTER_CODE, starter=starter) if starter.strip() else "")

    def prompt_texts(self) -> list[str]:
        return [CODE_STDIN, CODE_CALL, STARTER_CODE]

    def checker(self, options: CheckOptions) -> CodeChecker:
        return CodeChecker(self, options.judging, options.calibrate)


@dataclass(frozen=True)
class CodeChecker(Checker):
    """Runs the program in a response on the task's tests, in the sandbox."""

    task: CodeTask
    judging: Judging
    calibrate: bool = True

    @property
    def rules(self) -> str:
        j = self.judging
        return f"code 3 {'compat' if j.lenient else 'strict'} {j.all_tests} {j.cpu} {j.memory} {j.limits}"

    def prepare(self) -> dict[str, Any]:
        from util.code.selftest import preflight

        return {"sandbox": preflight(self.judging, calibrate=self.calibrate)}

    def settled(self, prepared: dict[str, Any]) -> CodeChecker:
        return replace(self, judging=replace(self.judging, speed=prepared["sandbox"]["speed"]))

    def deadline(self, row: Row) -> float:
        return self.judging.speed * self.judging.limits.deadline

    def check(self, row: Row, response: str) -> Verdict:
        try:
            tests = checked_as_asked(self.task.tests(row), row)
        except UnusableTests as error:
            return Verdict(None, f"{NOT_JUDGEABLE}{error}")
        code = extract_code(response, tests.asked or tests.function)
        if code is None:
            return Verdict(False, NO_CODE)
        if row.get("python_version"):
            tests = replace(tests, python=str(row["python_version"]))
        complete = with_outputs(tests, self.judging)
        if isinstance(complete, Verdict):
            return complete
        return judge(complete.program(code), complete, self.judging)


def checked_as_asked(tests: Tests, row: Row) -> Tests:
    """``tests`` with the comparison that the row's field ``checker`` names (see ``util.code.checkers``).

    Raises:
        UnusableTests: there is no such comparison, or it does not suit the tests.
    """
    try:
        return with_checker(tests, row.get("checker"))
    except ValueError as error:
        raise UnusableTests(str(error)) from error


def input_output_tests(text: str | None, starter: str = "", *, one_of: bool = False) -> Tests:
    """Tests from the ``input_output`` JSON of APPS and TACO. starter: the row's starter code.

    one_of: an output that is a list holds several right outputs, else the lines of one.

    Raises:
        UnusableTests: empty, not JSON, unequal numbers of inputs and outputs, or values that do not fit the declared types.
    """
    sys.set_int_max_str_digits(0)  # some tests hold integers of thousands of digits
    try:
        data = json.loads(text or "{}")
    except ValueError as error:
        raise UnusableTests(f"input_output is not JSON ({error})") from error
    inputs, outputs = (data.get("inputs"), data.get("outputs")) if isinstance(data, dict) else (None, None)
    if not inputs or not outputs:
        raise UnusableTests("the row has no tests")
    if len(inputs) != len(outputs):
        raise UnusableTests(f"{len(inputs)} inputs but {len(outputs)} outputs")
    function = data.get("fn_name")
    if function:
        arguments, results = [_call_arguments(item) for item in inputs], [_int_keys(item) for item in outputs]
        wrapped = _wrapped(results, list_depth(starter, function))
        return with_types(Tests(arguments, results, function, wrapped, booleans="equal"), starter)
    return Tests([_joined(item) for item in inputs], list(outputs) if one_of else [_joined(item) for item in outputs])


def with_types(tests: Tests, starter: str) -> Tests:
    """The tests with the types that the row's starter code declares, if any.

    Raises:
        UnusableTests: an argument or output does not fit them.
    """
    signature = signature_of(starter, tests.function) if tests.function else None
    if signature is None:
        return tests
    if reason := misfit(signature, tests):
        raise UnusableTests(reason)
    return replace(tests, signature=signature)


def _wrapped(outputs: list[Any], declared: int | None) -> bool:
    """Whether the value stands alone in a list in every output of the problem, as in rows from Codewars.

    declared: nesting of lists in the declared result; lists nested that deeply are values. One output of another form
    shows that all are values.
    """
    if not all(isinstance(output, list) and len(output) == 1 for output in outputs):
        return False
    return declared is None or max(map(_depth, outputs)) > declared


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0] if value else None
    return depth


def _joined(text: Any) -> str:
    """A stdin test's text, which may be a list of lines."""
    return "\n".join(map(str, text)) if isinstance(text, list) else str(text)


def _call_arguments(arguments: Any) -> list[Any]:
    if not isinstance(arguments, list):
        raise UnusableTests("the arguments of a call are not a list")
    return [_int_keys(argument) for argument in arguments]


def _int_keys(value: Any) -> Any:
    """Undo what JSON did to integer keys of a dict."""
    if isinstance(value, dict) and value and all(re.fullmatch(r"-?\d+", key) for key in value):
        return {int(key): item for key, item in value.items()}
    if isinstance(value, list) and len(value) == 1:
        return [_int_keys(value[0])]
    return value
