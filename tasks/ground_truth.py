"""What a response to a problem is checked against, for trainers that check responses themselves (RL)."""

from __future__ import annotations

import json
from typing import Any

from tasks import TASK_HANDLERS
from tasks.choice import ChoiceTask
from tasks.code import CodeTask, UnusableTests, checked_as_asked
from tasks.math import MathTask
from tasks.prose import PROSE, ProseMathTask
from util.code.problem import Tests
from util.records import NO_GOLD, UNREADABLE_GOLD, GroundTruth, Row


def ground_truth(dataset: str, row: Row) -> GroundTruth | str:
    """The gold answer or the tests of a row of a result file; a text says why it has none that another tool could use."""
    if dataset not in TASK_HANDLERS:
        return f"{dataset} is not a known dataset"
    task = TASK_HANDLERS[dataset]()
    try:
        if isinstance(task, CodeTask):
            return _tests(task, row)
        if isinstance(task, ChoiceTask):
            letter = task.letter(row)
            return task.no_letter(row) if letter is None else GroundTruth("choice", letter)
        if isinstance(task, MathTask):
            gold = task.gold(row)
            if isinstance(task, ProseMathTask) and task.in_prose(gold or ""):
                return PROSE
            return GroundTruth("math", gold.strip()) if gold and gold.strip() else NO_GOLD
    except UnusableTests as error:
        return str(error)
    except (KeyError, IndexError, TypeError, ValueError):  # the file's row is not one of this dataset's
        return UNREADABLE_GOLD
    return f"{dataset} has no gold answers"


def _tests(task: CodeTask, row: Row) -> GroundTruth | str:
    """The tests of a code problem: texts for programs, values for calls."""
    tests = checked_as_asked(task.tests(row), row)
    if reason := _beyond_plain_tests(tests):
        return reason
    outputs = [output[0] for output in tests.outputs] if tests.wrapped else tests.outputs
    if not _is_json([tests.inputs, outputs]):
        return "the tests have values that JSON cannot hold"
    in_class = "class Solution" in str(row.get("starter_code"))
    return GroundTruth("code", inputs=tests.inputs, outputs=outputs, function=tests.function, in_class=in_class)


def _beyond_plain_tests(tests: Tests) -> str | None:
    """Why inputs and outputs alone do not judge a program; None where they do."""
    if tests.checker or tests.any_answer or tests.tolerance is not None or tests.ignore_case:
        return "its tests need a comparison of their own"
    if tests.preamble or tests.epilogue or tests.reference is not None:
        return "its tests run code of their own"
    if tests.signature and any((*tests.signature.parameters, tests.signature.result)):
        return "its tests have linked lists or trees"
    return None


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False
