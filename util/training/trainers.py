"""What each trainer reads: the formats, the fields of a turn that it passes on, and how it finds the trained tokens."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from util.system.errors import UserError
from util.training.prove_check import faults
from util.training.prove_rows import COMPLETION, MESSAGES, PREFERENCE, RANKING, SHAREGPT, THOUGHT_FIELDS, TrainingRow
from util.training.rendering import ALONE, MARKERS, PLACEHOLDER, PREFIX, Rendering, Student, Turn, render


@dataclass(frozen=True)
class Trainer:
    """rules: the formats that it reads -> how it finds the trained tokens. fields: those of a thought that it passes to the
    template. note: what a user must know."""

    name: str
    rules: Mapping[str, str]
    fields: tuple[str, ...] = THOUGHT_FIELDS
    note: str = ""


TRAINERS = {
    trainer.name: trainer
    for trainer in (
        Trainer("trl", {COMPLETION: PREFIX, MESSAGES: MARKERS, PREFERENCE: PREFIX}),
        Trainer(
            "llamafactory", {SHAREGPT: PREFIX, MESSAGES: PREFIX, RANKING: PREFIX}, (),
            note="LLaMA-Factory renders with its own template (`template:` in its YAML); this is the student's.",
        ),
        Trainer("axolotl", {MESSAGES: PLACEHOLDER}),
        Trainer("verl", {MESSAGES: ALONE}),
    )
}  # fmt: skip
"""As tried with TRL 1.16, LLaMA-Factory 0.9.5, axolotl 0.20 and verl 0.9.1 (benchmarks/trainers.py)."""

USUAL = {SHAREGPT: "llamafactory", RANKING: "llamafactory", MESSAGES: "trl", COMPLETION: "trl", PREFERENCE: "trl"}
"""Format -> the trainer that it is written for."""


def trainer_named(name: str) -> Trainer:
    """Raises: UserError: there is no such trainer; names the nearest one."""
    if name not in TRAINERS:
        near = difflib.get_close_matches(name.lower().replace("-", "").replace("_", ""), TRAINERS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(TRAINERS)}."
        raise UserError(f"--for {name}: no such trainer; {hint}")
    return TRAINERS[name]


def rule_of(trainer: Trainer, form: str, student: Student) -> str:
    """How the trainer finds the trained tokens of a format.

    Raises:
        UserError: it does not read the format, or needs markers that the template lacks.
    """
    if form not in trainer.rules:
        raise UserError(
            f"{trainer.name} does not read the format {form} as meant; it reads {', '.join(trainer.rules)}. Write the file "
            f"again with convert_to_data.py --for {trainer.name}, or name its trainer with --for."
        )
    rule = trainer.rules[form]
    if rule == MARKERS and not student.has_markers:
        raise UserError(
            f"The chat template of {student.name} has no {{% generation %}} markers. On a {form} file TRL needs them for "
            "assistant_only_loss, and without assistant_only_loss it trains the prompts too. Write prompt-completion rows, "
            "for which any template will do (convert_to_data.py --for trl), give a template with markers with --template "
            "(TRL has one for many families), or name another trainer with --for."
        )
    return rule


@dataclass(frozen=True)
class Judged:
    """A rendered conversation and what is wrong with it."""

    turns: list[Turn]
    rendering: Rendering
    faults: list[str]


def judged(trainer: Trainer, student: Student, row: TrainingRow, cutoff: int | None = None) -> list[Judged]:
    """The conversations of a row as the trainer reads them: one, or the two of a pair.

    Raises:
        UserError: the trainer does not read the row's format, or the template refuses the conversation.
    """
    rule = rule_of(trainer, row.form, student)
    found = []
    for turns in (row.turns, row.other):
        if turns is None:
            continue
        passed = [{name: text for name, text in turn.items() if _passes(trainer, name)} for turn in turns]
        rendering = render(student, passed, rule)
        wrong = faults(student, turns, rendering, cutoff)
        found.append(Judged(passed, rendering, wrong))
    return found


def _passes(trainer: Trainer, name: str) -> bool:
    return name not in THOUGHT_FIELDS or name in trainer.fields
