"""Prove that a training file is read as meant: render it with the student's tokenizer and chat template.

    python -m util.training.prove data/train.jsonl --model Qwen/Qwen3-0.6B --for trl --cutoff-len 16384
    python -m util.training.prove data/train.json --model path/to/student --template student.jinja

Prints the first row with its trained tokens marked, what is wrong with how many rows, and the length of the longest.
Exit status 1 if the trained text of any row is not exactly the assistant's: its thought between its tags, its answer and
one end token. Only the tokenizer's files are read, no weights.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from util.system import cli
from util.system.arguments import positive_int
from util.system.characters import printable
from util.system.errors import UserError
from util.training.prove_check import role_header
from util.training.prove_rows import training_rows
from util.training.rendering import ALONE, MARKERS, PLACEHOLDER, PREFIX
from util.training.trainers_rules import (
    PIECES,
    TRAINERS,
    USUAL,
    Judged,
    Reader,
    Trainer,
    judged,
    reader_of,
    trainer_named,
)

_SHOWN = 40
"""Lines of the first row that are printed of each part, prompt or trained text."""

_RULES = {
    MARKERS: "the tokens that the chat template marks with {% generation %} are trained (assistant_only_loss).",
    PREFIX: "everything after the prompt is trained.",
    PLACEHOLDER: "what the template makes of the assistant's turns is trained, and the end token behind each.",
    ALONE: "each turn is rendered alone, and the assistant's are trained.",
    PIECES: "the assistant's turns are trained.",
}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument(
        "file", type=Path, help="training file: .json, .jsonl or .parquet, in any format of convert_to_data.py"
    )
    parser.add_argument(
        "--model", required=True, help="the student: a folder with tokenizer files, or a name on the Hub"
    )
    parser.add_argument(
        "--template",
        metavar="FILE",
        help="chat template to use instead of the tokenizer's own; for LLaMA-Factory the name of its template, such as qwen3",
    )
    parser.add_argument(
        "--for",
        dest="trainer",
        metavar="TRAINER",
        help="trl, llamafactory, axolotl or verl: read the file as this trainer does; by default the one that its format is "
        "written for",
    )
    parser.add_argument(
        "--cutoff-len",
        type=positive_int,
        metavar="N",
        help="the trainer's limit in tokens per row; longer rows lose their end and fail the proof",
    )
    return parser.parse_args(arguments)


@dataclass
class Proof:
    """Counts over the rows of a file. wrong, first: fault -> number of rows, and the first of them."""

    rows: int = 0
    right: int = 0
    longest: int = 0
    longest_place: str = ""
    wrong: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    headers: int = 0
    other_prompts: int = 0

    def add(self, place: str, conversations: list[Judged]) -> None:
        self.rows += 1
        found = dict.fromkeys(fault for conversation in conversations for fault in conversation.faults)
        self.right += not found
        for fault in found:
            self.wrong[fault] += 1
            self.first.setdefault(fault, place)
        for conversation in conversations:
            if len(conversation.rendering.ids) > self.longest:
                self.longest, self.longest_place = len(conversation.rendering.ids), place
        spans = [span for conversation in conversations for span in conversation.rendering.spans]
        if texts := {span.left_out for span in spans if span.left_out}:
            self.left_out[min(texts)[:80]] += 1
        self.headers += any(role_header(span) for span in spans)
        self.other_prompts += not all(conversation.rendering.is_own_prompt for conversation in conversations)


def prove(path: Path, model: str, template: str | None, trainer: Trainer | None, cutoff: int | None) -> Proof:
    """Render every row of a file, print the first, and count what is wrong.

    trainer: None means the one that the format of the first row is written for.

    Raises:
        UserError: the file has no rows or cannot be read, or the trainer cannot read it with this template.
    """
    proof = Proof()
    reader: Reader | None = None
    for row in training_rows(path):
        if reader is None:
            reader = reader_of(trainer or TRAINERS[USUAL[row.form]], model, template)
        conversations = judged(reader, row, cutoff)
        if not proof.rows:
            print(printable(_begun(path, row.form, reader)))
            print("\nThe first row; T marks the trained lines:\n" + printable(_shown(conversations[0])) + "\n")
        proof.add(row.place, conversations)
    if not proof.rows:
        raise UserError(f"{path} has no rows: nothing was proved.")
    return proof


def _begun(path: Path, form: str, reader: Reader) -> str:
    rule = reader.trainer.rules[form]
    named = f" with its template {reader.pieces.name}" if reader.pieces else ""
    return f"{path}: {form} rows, read as {reader.trainer.name} does{named}: {_RULES[rule]}"


def _shown(conversation: Judged) -> str:
    rendering = conversation.rendering
    parts: list[tuple[bool, str]] = []
    place = 0
    for span in rendering.spans:
        if span.text is not None:
            parts += [(False, rendering.text[place : len(span.before)]), (True, span.text)]
            place = len(span.before) + len(span.text)
    parts.append((False, rendering.text[place:]))
    lines = []
    for is_trained, group in groupby((part for part in parts if part[1]), key=lambda part: part[0]):
        text = "".join(part for _, part in group).split("\n")
        if len(text) > _SHOWN:
            text[_SHOWN // 2 : -_SHOWN // 2] = [f"... ({len(text) - _SHOWN} lines) ..."]
        lines += [f"  {'T' if is_trained else ' '} | {line}" for line in text]
    return "\n".join(lines)


def tell(proof: Proof, cutoff: int | None) -> None:
    print(f"{proof.right} of {proof.rows} rows train exactly the assistant's text.")
    for fault, number in proof.wrong.most_common():
        print(printable(f"  {number} rows: {fault} (first: {proof.first[fault]})"))
    for text, number in proof.left_out.most_common(3):
        print(
            printable(
                f"Note: {number} rows: the prompt at inference ends in {text!r}, which the rendered rows do not have there."
            )
        )
    if proof.headers:
        print(f"Note: {proof.headers} rows: the template also marks the role in front of the response as trained.")
    if proof.other_prompts:
        print(
            f"Note: {proof.other_prompts} rows begin otherwise than the student's chat template begins them: the model gets "
            "other prompts at inference, unless the trainer saves its template with the model."
        )
    limits = "" if cutoff else " (defaults: TRL's max_length 1024, LLaMA-Factory's cutoff_len 2048; see --cutoff-len)"
    print(printable(f"Longest row: {proof.longest} tokens{limits} ({proof.longest_place})"))


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    trainer = trainer_named(args.trainer) if args.trainer else None
    proof = prove(args.file, args.model, args.template, trainer, args.cutoff_len)
    tell(proof, args.cutoff_len)
    if proof.right < proof.rows:
        raise UserError(
            f"{proof.rows - proof.right} of {proof.rows} rows are not read as meant. See docs/trainers.md for the forms that "
            "a trainer and a template read right, or let convert_to_data.py --for TRAINER --template STUDENT choose."
        )
    return 0


if __name__ == "__main__":
    cli.run(main)
