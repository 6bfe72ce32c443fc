"""Choose the format and the form of a response that a trainer reads right with a student's template."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from util.system.errors import UserError
from util.text.thought import assemble, with_thought
from util.training.form_options import (
    APART,
    AXOLOTL,
    MARKED,
    PAIR_FORMATS,
    RL_FORMATS,
    TAGGED,
    THOUGHT_FIELDS,
    FormOptions,
)
from util.training.prove_rows import COMPLETION, PREFERENCE, RANKING, SHAREGPT, TrainingRow
from util.training.rendering import MARKERS, Turn
from util.training.trainers_rules import Reader, Trainer, judged, reader_of, trainer_named
from util.training.trainers_table import COLUMNS, READINGS, TrainerReading

_PREFERRED = (TAGGED, *THOUGHT_FIELDS)
"""What is chosen where several are right. Markers need a system prompt of their own: they are only taken if asked for."""
_PAIRS = {"trl": PREFERENCE, "llamafactory": RANKING}
_UNPAIRED = {PREFERENCE: COMPLETION, RANKING: SHAREGPT}
"""Formats of pairs -> the format whose conversations the trainer reads in the same way."""

_HINTS = {
    "trl": "Give the student a chat template that keeps thoughts, for example TRL's template for training "
    "(trl.chat_template_utils.get_training_chat_template), saved with its tokenizer.",
    "llamafactory": "Choose another `template:`, or another trainer.",
    "axolotl": "`chat_template: chatml` in its YAML writes the think tags of a row as they are (--template chatml), where the "
    "student speaks ChatML.",
    "verl": "verl renders each turn alone: give the student a chat template that does not look at other turns, for example "
    "TRL's template for training, saved with its tokenizer.",
}


@dataclass(frozen=True)
class FormChoice:
    """style, field: as in ``ThoughtForm``. note: what was chosen and what the trainer must be told, for the user."""

    form: str
    style: str
    field: str | None
    note: str


def set_form(args: argparse.Namespace) -> str | None:
    """Set format and form of a response of a command line with --for; return what was chosen, for the user.

    Raises:
        UserError: nothing that was asked for is read right, or the output is no file that the trainer reads.
    """
    name: str | None = getattr(args, "for")
    if name is None:
        if args.template is not None:
            raise UserError(
                "--template chooses a form together with --for TRAINER. Add --for, or leave --template out."
            )
        return None
    if args.format in RL_FORMATS:
        raise UserError(
            f"--format {args.format} has no responses, so --for {name} has nothing to choose. Leave --for out."
        )
    form = args.format if args.format != FormOptions.form else None
    choice = choose_form(name, args.template, form=form, style=args.thought_style, field=args.thought_field)
    if name == "verl" and args.output.suffix.lower() != ".parquet":
        raise UserError(f"--for verl: verl reads Parquet only. Name the output {args.output.with_suffix('.parquet')}.")
    args.format, args.thought_style, args.thought_field = choice.form, choice.style, choice.field
    if name == AXOLOTL and args.entries == FormOptions.entries:
        args.entries = (AXOLOTL,)
    return choice.note


@dataclass(frozen=True)
class _Tried:
    """template: the name in the trainer's configuration. wrong: form of a response -> what is wrong with it."""

    template: str
    form: str
    wrong: Mapping[str, list[str]]


def choose_form(
    name: str, template: str | None, *, form: str | None = None, style: str | None = None, field: str | None = None
) -> FormChoice:
    """The format and form of a response for a trainer and a template.

    form, style, field: what the user asked for; None leaves it to this function.

    Raises:
        UserError: trainer or template is not known, or nothing that was asked for is read right.
    """
    trainer = trainer_named(name)
    if template is None:
        raise UserError(f"--for {name} needs --template: the student's folder, or the name of its family.")
    if form in PAIR_FORMATS and trainer.name not in _PAIRS:
        raise UserError(
            f"--for {trainer.name} --format {form}: how {trainer.name} reads pairs is not known here. Leave --for out, and "
            "look at what it trains."
        )
    form = _PAIRS[trainer.name] if form in PAIR_FORMATS else form
    if form is not None and form not in trainer.rules:
        raise UserError(
            f"--for {trainer.name} --format {form}: it reads {', '.join(trainer.rules)}. Leave --format out."
        )
    found = [
        _paired(tried, form) for tried in _tried(trainer, template) if form in (None, tried.form, *_pair_of(tried))
    ]
    for tried in found:
        for column in _asked(style, field):
            if not tried.wrong[column]:
                return _choice(trainer, tried, column)
    raise UserError(_refusal(trainer, template, found, style, field))


def _tried(trainer: Trainer, template: str) -> list[_Tried]:
    """What is known of a family by the table, or seen with a student's tokenizer."""
    known = {_plain(reading.template): reading.template for reading in READINGS if reading.trainer == trainer.name}
    if (family := known.get(_plain(template))) is not None and not Path(template).is_dir():
        return [
            _of_table(reading) for reading in READINGS if (reading.trainer, reading.template) == (trainer.name, family)
        ]
    if not Path(template).is_dir() and "/" not in template:
        near = difflib.get_close_matches(_plain(template), known, 1)
        hint = f"did you mean {known[near[0]]}?" if near else f"there are {', '.join(known.values())}."
        raise UserError(
            f"--template {template} is not a folder, and not a family whose template was tried with {trainer.name}; {hint} "
            "Else give the folder of the student's tokenizer."
        )
    reader = reader_of(trainer, template)
    if reader.pieces is not None:
        return _tried(trainer, reader.pieces.name)
    forms = [form for form, rule in trainer.rules.items() if form not in PAIR_FORMATS]
    return [
        _by_rendering(reader, form) for form in forms if trainer.rules[form] != MARKERS or reader.student.has_markers
    ]


def _of_table(reading: TrainerReading) -> _Tried:
    return _Tried(reading.template, reading.form, reading.wrong)


def _by_rendering(reader: Reader, form: str) -> _Tried:
    wrong: dict[str, list[str]] = {}
    for column, turns in probes().items():
        try:
            wrong[column] = judged(reader, TrainingRow("a probe", form, turns))[0].faults
        except UserError as error:  # the template's own refusal, or one of this trainer
            wrong[column] = [str(error)]
    return _Tried(reader.student.name, form, wrong)


def probes() -> dict[str, list[Turn]]:
    """A conversation in each form of a response."""
    user: Turn = {"role": "user", "content": "How much is 1 + 1?"}
    thought, answer = "One and one.", "It is 2."
    fields: dict[str, list[Turn]] = {
        field: [user, {"role": "assistant", "content": answer, field: thought}] for field in THOUGHT_FIELDS
    }
    return {
        MARKED: [
            {"role": "system", "content": "Think first."},
            user,
            {"role": "assistant", "content": assemble(thought, answer)},
        ],
        TAGGED: [user, {"role": "assistant", "content": with_thought(thought, answer)}],
        **fields,
    }


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _pair_of(tried: _Tried) -> list[str]:
    return [pair for pair, single in _UNPAIRED.items() if single == tried.form]


def _paired(tried: _Tried, form: str | None) -> _Tried:
    return replace(tried, form=form) if form in _UNPAIRED else tried


def _asked(style: str | None, field: str | None) -> tuple[str, ...]:
    if style == APART or (style is None and field is not None):
        return (field,) if field is not None else THOUGHT_FIELDS
    return (style,) if style is not None else _PREFERRED


def _choice(trainer: Trainer, tried: _Tried, column: str) -> FormChoice:
    style, field = (APART, column) if column in THOUGHT_FIELDS else (column, None)
    told = ""
    if trainer.rules[tried.form] == MARKERS:
        told = " Set assistant_only_loss=True."
    elif trainer.name == "llamafactory":
        told = f" Set `template: {tried.template}` in its YAML."
    elif trainer.name == "axolotl" and tried.template == "chatml":
        told = " Set `chat_template: chatml` in its YAML."
    form = f"--format {tried.form} --thought-style {style}{f' --thought-field {field}' if field else ''}"
    return FormChoice(tried.form, style, field, f"For {trainer.name} with the template {tried.template}: {form}.{told}")


def _refusal(trainer: Trainer, template: str, found: list[_Tried], style: str | None, field: str | None) -> str:
    begun = f"--for {trainer.name} --template {template}"
    if not found:
        return f"{begun}: TRL reads this format only with generation markers in the template. Leave --format out."
    shown = _asked(style, field) if style or field else COLUMNS
    causes: dict[str, list[str]] = {}
    for tried in found:
        for column in shown:
            if wrong := " and ".join(tried.wrong[column]):
                causes.setdefault(f"{tried.form}: {wrong}", []).append(column)
    why = "; ".join(f"{', '.join(columns)} in {cause}" for cause, columns in causes.items())
    right = [f"{column} in {tried.form}" for tried in found for column in COLUMNS if not tried.wrong[column]]
    instead = f"Read right: {', '.join(right)} (see --thought-style)." if right else _HINTS[trainer.name]
    fails = "this form of a thought is not" if len(shown) == 1 else "no form of a thought is"
    return f"{begun}: {fails} read right. {why}. {instead}"
