"""Judge a solution: run it on each test, compare the results outside the sandbox, accept only a full pass."""

from __future__ import annotations

from dataclasses import replace

from util.code.box import Box, BoxError
from util.code.interpreters import interpreter_of_version
from util.code.problem import Judging, Tests, Wanted
from util.code.trial import SolutionTrial
from util.records import NOT_JUDGEABLE, Verdict

_boxes: dict[Wanted, Box] = {}


def judge(code: str, tests: Tests, judging: Judging | None = None) -> Verdict:
    """Judge whether ``code`` passes every test.

    The verdict is None if the tests are unusable or the sandbox failed.

    Raises:
        UserError: the sandbox cannot start, or is weaker than required.
    """
    judging = judging or Judging()
    if len(tests) == 0 or len(tests.inputs) != len(tests.outputs):
        return Verdict(None, f"{NOT_JUDGEABLE}{len(tests.inputs)} inputs, {len(tests.outputs)} outputs")
    if tests.python and not judging.wanted.python:
        path = interpreter_of_version(tests.python)
        if path is None:
            return Verdict(None, f"{NOT_JUDGEABLE}it needs Python {tests.python}, which is not installed here")
        judging = replace(judging, wanted=replace(judging.wanted, python=path))
    box = box_for(judging.wanted)
    trial = SolutionTrial(code, tests, judging, box)
    try:
        failures = trial.run_tests()
    except BoxError as error:
        return Verdict(None, f"sandbox fault: {error}", {"sandbox": box.level})
    return trial.verdict(failures)


def box_for(wanted: Wanted) -> Box:
    """This process's sandbox with these layers; it is started on first use and reused."""
    box = _boxes.setdefault(wanted, Box(wanted))
    box.start()
    return box


def close_boxes() -> None:
    """End the sandboxes of this process."""
    while _boxes:
        _boxes.popitem()[1].close()
