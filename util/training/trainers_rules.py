"""What each trainer reads: the formats, the fields of a turn that it passes on, and how it finds the trained tokens."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from util.system.errors import UserError
from util.training.form_options import THOUGHT_FIELDS
from util.training.prove_check import faults
from util.training.prove_rows import COMPLETION, MESSAGES, PREFERENCE, RANKING, SHAREGPT, TrainingRow
from util.training.rendering import ALONE, MARKERS, PLACEHOLDER, PREFIX, Rendering, Student, Turn, load_student, render
from util.training.rendering_llamafactory import (
    LlamaFactoryTemplate,
    fitting_template,
    llamafactory_template,
    render_llamafactory,
)

PIECES = "pieces"
"""LLaMA-Factory's rule: the pieces of its own template are tokenized one by one (``rendering_llamafactory``)."""


@dataclass(frozen=True)
class Trainer:
    """rules: the formats that it reads -> how it finds the trained tokens. fields: those of a thought that it passes to the
    template."""

    name: str
    rules: Mapping[str, str]
    fields: tuple[str, ...] = THOUGHT_FIELDS


TRAINERS = {
    trainer.name: trainer
    for trainer in (
        Trainer("trl", {COMPLETION: PREFIX, MESSAGES: MARKERS, PREFERENCE: PREFIX}),
        Trainer("llamafactory", {SHAREGPT: PIECES, MESSAGES: PIECES, RANKING: PIECES}, ()),
        Trainer("axolotl", {MESSAGES: PLACEHOLDER}),
        Trainer("verl", {MESSAGES: ALONE}),
    )
}
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
class Reader:
    """A trainer with a student. pieces: LLaMA-Factory's template."""

    trainer: Trainer
    student: Student
    pieces: LlamaFactoryTemplate | None = None


def reader_of(trainer: Trainer, model: str, template: str | None = None) -> Reader:
    """A trainer that reads with a student's tokenizer.

    template: a file with a chat template; for LLaMA-Factory the name of its template, by default the one whose prompts are
    those of the student's chat template.

    Raises:
        UserError: student or template cannot be loaded.
    """
    if PIECES not in trainer.rules.values():
        return Reader(trainer, load_student(model, Path(template) if template else None))
    student = load_student(model, needs_template=template is None)
    return Reader(trainer, student, llamafactory_template(template) if template else fitting_template(student))


@dataclass(frozen=True)
class Judged:
    """A rendered conversation and what is wrong with it."""

    turns: list[Turn]
    rendering: Rendering
    faults: list[str]


def judged(reader: Reader, row: TrainingRow, cutoff: int | None = None) -> list[Judged]:
    """The conversations of a row as the trainer reads them: one, or the two of a pair.

    Raises:
        UserError: the trainer does not read the row's format, or the template refuses the conversation.
    """
    trainer, student = reader.trainer, reader.student
    rule = rule_of(trainer, row.form, student)
    found = []
    for turns in (row.turns, row.other):
        if turns is None:
            continue
        passed = [{name: text for name, text in turn.items() if _passes(trainer, name)} for turn in turns]
        if reader.pieces is not None:
            rendering = render_llamafactory(student, passed, reader.pieces, is_pair=row.other is not None)
        else:
            rendering = render(student, passed, rule)
        found.append(Judged(passed, rendering, faults(student, turns, rendering, cutoff)))
    return found


def _passes(trainer: Trainer, name: str) -> bool:
    return name not in THOUGHT_FIELDS or name in trainer.fields
