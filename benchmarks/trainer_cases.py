"""What trainers are tried with: the files that convert_to_data.py writes in every form, and the jobs for each loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.trainer_students import FAMILIES, PUBLISHED, student_folder, training_template
from util.records import Response, Verdict
from util.results.entries import Entry
from util.results.json_file import write_results
from util.text.thought import with_thought
from util.training.build import build
from util.training.form_options import APART, MARKED, STYLES, TAGGED, THOUGHT_FIELDS
from util.training.options import DataOptions
from util.training.trainers_rules import TRAINERS
from util.training.trainers_table import READINGS

RESULTS = "m_NUMINA_train_all_0_-1.json"
THOUGHT = "So $\\frac{a}{b} = 2$.\n\nWait, let me check:\n- one\n- two\n\nYes."
_ANSWER = "The sum is **2**.\n\n```python\nprint(1 + 1)\n```\n\n$$\\boxed{2}$$"


@dataclass(frozen=True)
class TrainerCase:
    """A file for a loader. template: a chat template instead of the student's. named: the template in the trainer's own
    configuration. cell: form of a response in the table, and its row there, if the case checks one."""

    trainer: str
    form: str
    column: str
    file: Path
    student: Path
    template: Path | None = None
    named: str = ""
    row: int | None = None

    @property
    def job(self) -> dict[str, str]:
        entry = self.file.with_name(f"{self.file.stem}.axolotl.yaml")
        found = {"trainer": self.trainer, "file": str(self.file), "form": self.form, "student": str(self.student)}
        found |= {"template": str(self.template)} if self.template else {}
        found |= {"named": self.named} if self.named else {}
        return found | ({"entry": str(entry)} if self.trainer == "axolotl" else {})


def write_files(folder: Path) -> dict[tuple[str, str, str], Path]:
    """(kind of file, format, form of a response) -> the file, as convert_to_data.py writes it.

    Two problems with a right and a wrong response each, and a conversation of two turns.
    """
    _write_results(folder / RESULTS)
    multi = folder / "several_turns.jsonl"
    turns = [("user", "1 + 1?"), ("assistant", with_thought(THOUGHT, "2")), ("user", "And 2?"), ("assistant", with_thought("Then 3.", "3"))]  # fmt: skip
    multi.write_text(json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]}) + "\n")
    found = {}
    for form in ("sharegpt", "messages", "prompt-completion", "preference", "ranking"):
        for style in STYLES:
            for field in THOUGHT_FIELDS if style == APART else (None,):
                if style == APART and form in ("sharegpt", "ranking"):
                    continue  # convert_to_data.py refuses these
                column = field or style
                for kind in ("jsonl", "parquet") if form == "messages" else ("jsonl",):
                    path = folder / f"{form}_{column}.{kind}"
                    entries = ("llamafactory", "axolotl") if form == "messages" else ("llamafactory",)
                    build(
                        DataOptions(
                            [folder / RESULTS], path, ("NUMINA",), (multi,), form=form, thought_style=style,
                            thought_field=field, entries=entries,
                        )
                    )  # fmt: skip
                    found[kind, form, column] = path
    return found


def _write_results(path: Path) -> None:
    responses = [
        Response(content=with_thought(thought, answer), verdict=Verdict(right, ""))
        for thought, answer, right in ((THOUGHT, _ANSWER, True), ("It is three.", "\\boxed{3}", False))
    ]
    keys = ("How much is 1 + 1?", "Add one and one: $1 + 1$.")
    write_results(path, [Entry(key, {"problem": key, "answer": "2"}, key, {0.7: responses}) for key in keys])


def cases(
    trainer: str, files: dict[tuple[str, str, str], Path], folder: Path, shipped: Path | None
) -> Iterator[TrainerCase]:
    """The cases of a trainer: every form with the families' templates, then those of the table.

    shipped: TRL's folder of chat templates; None leaves the families' published templates out.
    """
    kind = "parquet" if trainer == "verl" else "jsonl"
    mine = [
        (form, column, path)
        for (k, form, column), path in files.items()
        if k == kind and form in TRAINERS[trainer].rules
    ]
    for family in FAMILIES:
        student, training = folder / family.name, training_template(family)
        for form, column, path in mine:
            if trainer == "llamafactory":
                if column in (MARKED, TAGGED):  # it has no entry for thoughts in a field
                    yield TrainerCase(trainer, form, column, path, student, named=family.llamafactory)
                continue
            if not (trainer == "trl" and form == "messages"):  # which needs generation markers
                yield TrainerCase(trainer, form, column, path, student)
            if training is not None and form == "messages":
                yield TrainerCase(trainer, form, column, path, student, training)
    yield from _of_table(trainer, {(form, column): path for form, column, path in mine}, folder, shipped)


def _of_table(
    trainer: str, files: dict[tuple[str, str], Path], folder: Path, shipped: Path | None
) -> Iterator[TrainerCase]:
    families = {family.name: family for family in PUBLISHED}
    for number, reading in enumerate(READINGS):
        if reading.trainer != trainer:
            continue
        columns = {column: files[reading.form, column] for column in reading.wrong if (reading.form, column) in files}
        if trainer == "llamafactory":
            student = folder / {"deepseek3": "deepseek", "deepseekr1": "deepseek"}.get(
                reading.template, reading.template
            )
            student = student if student.exists() else folder / "qwen3"
            for column, path in columns.items():
                if column in (MARKED, TAGGED):
                    yield TrainerCase(trainer, reading.form, column, path, student, named=reading.template, row=number)
            continue
        family = families[reading.template]
        if family.file and shipped is None:
            continue
        student = folder / "published" / family.name
        if not student.exists():
            student_folder(
                family, folder / "published", shipped / f"{family.file}.jinja" if shipped and family.file else None
            )
        training = (
            training_template(family, shipped) if trainer == "trl" and reading.form == "messages" and shipped else None
        )
        named = "chatml" if family.name == "chatml" else ""
        for column, path in columns.items():
            yield TrainerCase(trainer, reading.form, column, path, student, training, named, number)
