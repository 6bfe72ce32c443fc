"""Responses in other tools' files: what kind of question they answer, and the checkers for them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks import TASK_HANDLERS
from tasks.choice import ChoiceTask
from tasks.math import MathTask
from util.answers.chosen_option import LETTERS
from util.answers.extract import last_boxed
from util.foreign.case import ForeignCase
from util.foreign.grader_names import EXACT, GRADERS, LENIENT, MATH_VERIFY, OURS
from util.foreign.lookup import RowLookup
from util.foreign.other_graders import ExactChecker, MathVerifyChecker
from util.foreign.sample import ForeignSample
from util.records import Row
from util.system.errors import UserError
from util.task import Checker, CheckOptions, Selection, TaskHandler

KINDS = ("math", "choice")
_LETTER = re.compile(r"\s*\(?([A-Z])\)?\.?\s*")
_OPTION = re.compile(r"^[ \t]*(?:\*\*)?\(?([A-Z])(?:\)|\.|:)(?:\*\*)?[ \t]+(\S.*)$", re.MULTILINE)
_TESTS = ("input_output", "public_test_cases", "private_test_cases", "tests", "test")


class ForeignMathTask(MathTask):
    """A gold answer as another tool writes it, under ``gold``."""

    name = "foreign mathematics"
    required = ("gold",)

    def gold(self, row: Row) -> str | None:
        return None if row["gold"] is None else str(row["gold"])


class ForeignChoiceTask(ChoiceTask):
    """The letter of the right option under ``gold``, the options under ``choices``."""

    name = "foreign choice"
    required = ("gold", "choices")

    def letter(self, row: Row) -> str:
        return str(row["gold"])


@dataclass
class ForeignTasks:
    """Decides how a sample is judged.

    task: "math", "choice", or a dataset of ours whose rows have what the files lack; None decides by the sample.
    path: local rows of that dataset. options: for our own checkers.
    """

    task: str | None
    path: Path | None
    options: CheckOptions
    _rows: RowLookup | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.task is None or self.task in KINDS:
            return
        known = {name.lower(): name for name in TASK_HANDLERS}
        name = known.get(self.task.lower())
        if name is None:
            close = difflib.get_close_matches(self.task.lower(), [*KINDS, *known], 1)
            raise UserError(
                f"--task {self.task}: neither math nor choice nor a dataset of this suite"
                + (f"; did you mean {known.get(close[0], close[0])}?" if close else f": {', '.join(TASK_HANDLERS)}.")
            )
        self.task = name

    def case(self, sample: ForeignSample) -> ForeignCase:
        """The sample as a case."""
        own = TASK_HANDLERS.get(sample.task) if self.task is None else None
        if own is not None and _has_fields(own(), sample.row):  # a result file of this suite
            return ForeignCase(f"task:{sample.task}", sample.row, None if sample.gold is None else str(sample.gold))
        if self.task is None:
            return _by_gold(sample)
        if self.task in KINDS:
            return _choice(sample) if self.task == "choice" else _math(sample)
        return self._of_dataset(self.task, sample)

    def _of_dataset(self, name: str, sample: ForeignSample) -> ForeignCase:
        handler: TaskHandler = TASK_HANDLERS[name]()
        if handler.kind != "code" and sample.gold is not None:
            return _math(sample) if handler.kind == "math" else _choice(sample)
        if _has_fields(handler, sample.row):
            return ForeignCase(f"task:{name}", sample.row)
        row = self._lookup(handler).find(sample)
        if row is None:
            return ForeignCase(why_not=f"{name} has no row with this question or id")
        return ForeignCase(f"task:{name}", row)

    def _lookup(self, handler: TaskHandler) -> RowLookup:
        if self._rows is None:
            selection = Selection(handler.default_split, handler.default_source, dataset_path=self.path)
            rows = ((str(row[handler.question_field]), row) for _, row in handler.select(selection))
            self._rows = RowLookup(rows)
        return self._rows

    def checkers(self, kind: str, graders: tuple[str, ...]) -> dict[str, Checker]:
        """Grader -> checker, for the graders that there are for this kind; ours is there always."""
        made: dict[str, Callable[[], Checker]] = {OURS: lambda: self._own(kind, "strict")}
        if kind == "math":
            made |= {LENIENT: lambda: self._own(kind, "lenient"), MATH_VERIFY: MathVerifyChecker, EXACT: ExactChecker}
        elif kind.startswith("task:") and TASK_HANDLERS[kind.removeprefix("task:")].kind == "math":
            made |= {LENIENT: lambda: self._own(kind, "lenient")}
        wanted = [name for name in graders if name in made]
        return {name: made[name]() for name in wanted or [OURS]}

    def _own(self, kind: str, extraction: str) -> Checker:
        options = replace(self.options, answer_extraction=extraction)
        if kind.startswith("task:"):
            return TASK_HANDLERS[kind.removeprefix("task:")]().checker(options)
        return (ForeignMathTask() if kind == "math" else ForeignChoiceTask()).checker(options)


def graders_of(text: str) -> tuple[str, ...]:
    """``ours,math-verify`` -> the graders.

    Raises:
        UserError: there is no such grader.
    """
    names = tuple(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    unknown = [name for name in names if name not in GRADERS]
    if unknown or not names:
        raise UserError(f"--graders {text}: there are {', '.join(GRADERS)}.")
    return names


def _has_fields(handler: TaskHandler, row: Row) -> bool:
    return all(name in row for name in getattr(handler, "required", ())) and handler.question_field in row


def _by_gold(sample: ForeignSample) -> ForeignCase:
    """A gold that is a letter or a position, with options to choose from, is a choice; anything else is mathematics."""
    if sample.gold is None:
        return ForeignCase(why_not=_without_gold(sample))
    several = len(sample.choices or options_in(sample.question)) > 1
    is_place = isinstance(sample.gold, int) or _LETTER.fullmatch(sample.gold) is not None
    return _choice(sample) if several and (is_place or sample.gold in sample.choices) else _math(sample)


def _without_gold(sample: ForeignSample) -> str:
    if any(name in sample.row for name in _TESTS) or sample.task in ("LiveCodeBench", "APPS", "TACO"):
        return "a program; name its dataset with --task, so that its tests are found"
    return "the file has no gold answer; name the dataset with --task, so that it is found"


def _math(sample: ForeignSample) -> ForeignCase:
    if sample.gold is None:
        return ForeignCase(why_not=_without_gold(sample))
    gold = gold_answer(str(sample.gold))
    return ForeignCase("math", {"gold": gold}, gold)


def gold_answer(text: str) -> str:
    r"""The answer in a gold that may be a whole solution.

    >>> gold_answer("6 * 7 = 42. #### 1,042"), gold_answer(r"So it is $\boxed{\frac12}$."), gold_answer("x=3")
    ('1042', '\\frac12', 'x=3')
    """
    _, marker, behind = text.rpartition("####")
    if marker:
        return behind.strip().replace(",", "")
    return last_boxed(text) or text


def _choice(sample: ForeignSample) -> ForeignCase:
    if sample.gold is None:
        return ForeignCase(why_not=_without_gold(sample))
    choices = list(sample.choices or options_in(sample.question))
    letter = _letter(sample.gold, choices)
    if letter is None:
        return ForeignCase(
            why_not=f"the gold {sample.gold!r:.60} names none of {len(choices)} options", gold=str(sample.gold)
        )
    # Without the options' texts only letters can be found.
    choices += [""] * max(0, max(4, LETTERS.index(letter) + 1) - len(choices)) if len(choices) < 2 else []
    return ForeignCase("choice", {"gold": letter, "choices": choices}, letter)


def _letter(gold: str | int, choices: list[str]) -> str | None:
    if isinstance(gold, int):
        return LETTERS[gold] if 0 <= gold < len(choices or LETTERS) else None
    if gold in choices and choices.count(gold) == 1:
        return LETTERS[choices.index(gold)]
    found = _LETTER.fullmatch(gold)
    if found is None or (choices and LETTERS.index(found[1]) >= len(choices)):
        return None
    return found[1]


def options_in(question: str) -> tuple[str, ...]:
    r"""The options that a prompt lists as A, B, C, ...: the last such list in it.

    >>> options_in("2+2?\n(A) 3\n(B) 4"), options_in("2+2?")
    (('3', '4'), ())
    """
    found: list[str] = []
    for match in _OPTION.finditer(question):
        if match[1] == "A":
            found = []
        if LETTERS.find(match[1]) == len(found):
            found.append(match[2].strip())
    return tuple(found) if len(found) > 1 else ()
