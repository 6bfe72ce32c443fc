"""Options that choose the form of the training data by its trainer."""

from __future__ import annotations

from dataclasses import dataclass

from util.system.options import option


@dataclass(frozen=True, kw_only=True)
class TrainerOptions:
    """trainer: whose reading of the file decides. template: of the student."""

    trainer: str | None = option(
        "trl, llamafactory, axolotl or verl: choose the --format and --thought-style that this trainer reads right with the "
        "student's --template; forms that lose the thought in silence or add an empty one are refused",
        flag="for", metavar="TRAINER",
    )  # fmt: skip
    template: str | None = option(
        "with --for: the student's folder (its tokenizer and chat template are tried), or the name of a family such as qwen3 "
        "(a table); for llamafactory the name of its template",
        metavar="STUDENT",
    )
