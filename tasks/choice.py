"""What the multiple-choice handlers share: lettered options, one right letter."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.dataset import DatasetTask
from util.answers import RULES
from util.answers.chosen_option import LETTERS, choose
from util.prompting.prompts import CHOICE, fill
from util.records import NO_OPTION, NOT_JUDGEABLE, Row, Verdict
from util.task import Checker, CheckOptions


class ChoiceTask(DatasetTask):
    """A question with options A, B, C, ... of which one is right.

    Subclasses' rows have ``choices`` (texts in order); ``letter`` names the right one.
    """

    kind = "choice"
    template = CHOICE

    @abstractmethod
    def letter(self, row: Row) -> str | None:
        """The letter of the right option; None if the row cannot be judged (``no_letter`` says why)."""

    def no_letter(self, row: Row) -> str:
        """Why ``letter`` is None."""
        return "the row names no right option"

    def prompt(self, row: Row) -> str:
        return fill(self.template, question=row[self.question_field], choices=lettered(row["choices"]))

    def fault(self, row: Row) -> str | None:
        choices = row.get("choices")
        if choices is None:
            return None
        if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(text, str) for text in choices):
            return "the field 'choices' must be a list of at least two texts"
        if len(choices) > len(LETTERS):
            return f"the field 'choices' has {len(choices)} texts, more than the {len(LETTERS)} letters"
        return None

    def checker(self, options: CheckOptions) -> ChoiceChecker:
        return ChoiceChecker(self)


@dataclass(frozen=True)
class ChoiceChecker(Checker):
    """Finds the chosen letter and compares it with the task's."""

    task: ChoiceTask

    @property
    def rules(self) -> str:
        return f"choice {RULES}"

    def check(self, row: Row, response: str) -> Verdict:
        right = self.task.letter(row)
        if right is None:
            return Verdict(None, f"{NOT_JUDGEABLE}{self.task.no_letter(row)}")
        chosen = choose(response, row["choices"])
        evidence = {"answer": chosen.letter, "gold": right}
        if chosen.letter is None:
            return Verdict(False, NO_OPTION, {**evidence, "why": chosen.reason})
        if chosen.letter == right:
            return Verdict(True, "the right option", evidence)
        return Verdict(False, "a wrong option", evidence)


def lettered(choices: Sequence[str]) -> str:
    """The options as a prompt shows them; the row's own texts stay as they are."""
    return "\n".join(f"({letter}) {choice}" for letter, choice in zip(LETTERS, choices, strict=False))
