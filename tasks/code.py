"""What the programming handlers share: find the code, run it on the row's tests."""

from __future__ import annotations

import ast
import json
import re
import sys
from typing import Any

from tasks.base import TaskHandler
from util.answers.extract import CLOSING, MAX_RESPONSE, OPENING, after_reasoning
from util.code import Judging, Tests, judge
from util.code.selftest import preflight
from util.hub import Row
from util.prompting.prompts import CODE_CALL, CODE_STDIN, STARTER_CODE, fill
from util.records import NO_CODE, Verdict
from util.task import CheckOptions
from util.text.fences import blocks

_SECTION = re.compile(r"<\|(?:begin|end)_of_(?:thought|solution)\|>")
_ACTS = re.compile(r"\b(?:print|input)\s*\(|\bstdout\b|^\s*(?:import|from|def|class)\s", re.MULTILINE)
MAX_CODE = 100_000
"""Characters of a program; more is no solution but a loop of the model."""


class UnusableTests(ValueError):
    """A row's tests cannot judge anything; the message says why."""


class CodeTask(TaskHandler):
    """A problem whose solutions are judged by running them."""

    kind = "code"
    template = CODE_STDIN
    default_temperature = 0.7
    judging = Judging()

    def tests(self, row: Row) -> Tests:
        """The row's tests.

        Raises:
            UnusableTests: there are none, or they are malformed.
        """
        raise NotImplementedError

    def call_target(self, row: Row) -> str | None:
        """What a call-based problem asks for ("function `f`"), None for stdin programs."""
        raise NotImplementedError

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

    def check(self, row: Row, response: str) -> Verdict:
        try:
            tests = self.tests(row)
        except UnusableTests as error:
            return Verdict(None, f"not judgeable: {error}")
        code = extract_code(response, tests.function)
        if code is None:
            return Verdict(False, NO_CODE)
        return judge(code, tests, self.judging)

    def rules(self) -> str:
        j = self.judging
        return f"code 2 {'compat' if j.lenient else 'strict'} {j.all_tests} {j.cpu} {j.memory} {j.limits}"

    def prepare_checks(self, options: CheckOptions) -> dict[str, Any]:
        self.judging = options.code
        return {"sandbox": preflight(options.code)}

    def deadline(self, row: Row) -> float:
        return self.judging.limits.deadline


def extract_code(response: str, function: str | None = None) -> str | None:
    """The program in a response: its last complete Python block after the reasoning.

    A bare block counts where it is a program (sample output stands in fences, too). A block that
    does not define the asked function (a usage example) gives way to an earlier one that does. A
    response without any fence that is wholly Python is taken as it is.
    """
    text = after_reasoning(response)
    if text is None:
        text = _behind_mentions(response)
    if text is None:
        return None
    text = _SECTION.sub("\n", text)
    found = [block for block in blocks(text) if block.closed and block.code.strip()]
    # Sample output and shell commands stand in bare fences, too: those count only as what they show to be.
    programs = [b.code for b in found if b.is_python or (not b.language and _is_program(b.code))]
    if programs or found:
        return _last_program(programs or [b.code for b in found if not b.language], function)
    if "```" in text or "~~~" in text or not text.strip():
        return None
    return text if _parses(text) else None


def _last_program(codes: list[str], function: str | None) -> str | None:
    """The last block that is a program; a block of another kind only where there is none."""
    if function is not None:
        defines = re.compile(
            rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(function)}\b|^{re.escape(function)}[ \t]*=", re.MULTILINE
        )
        defining = [code for code in codes if defines.search(code)]
        return defining[-1] if defining else (codes[-1] if codes else None)
    return next((code for code in reversed(codes) if not code.lstrip().startswith((">>>", "$ "))), None)


def _parses(code: str) -> bool:
    if len(code) > MAX_CODE:
        return False
    try:
        ast.parse(code)  # without the compiler, which folds constants of any size
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_program(code: str) -> bool:
    """Whether a block without a language is Python that does something: "6" and "x = 6" parse as well."""
    return bool(_ACTS.search(code[:MAX_CODE])) and _parses(code)


def _behind_mentions(response: str) -> str | None:
    """A think tag inside the final code (in a comment or string) is no reasoning that never ends."""
    response = response[-MAX_RESPONSE:]
    closed = max((response.rfind(tag) + len(tag) for tag in CLOSING if tag in response), default=-1)
    rest = response[closed:] if closed >= 0 else response
    place = min((rest.find(tag) for tag in OPENING if tag in rest), default=-1)
    fence = rest.find("```")
    return rest if 0 <= fence < place else None


def input_output_tests(text: str | None) -> Tests:
    """Tests from the ``input_output`` JSON of APPS and TACO.

    Raises:
        UnusableTests: empty, not JSON, or unequal numbers of inputs and outputs.
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
        return Tests([_call_arguments(item) for item in inputs], [_int_keys(item) for item in outputs], function)
    return Tests([_joined(item) for item in inputs], [_joined(item) for item in outputs])


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
