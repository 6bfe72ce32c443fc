"""IFEval: prompts with instructions that a program can check (Zhou et al. 2023)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.dataset import DatasetTask
from util.hub import SOURCES
from util.instructions.following import Following, every, follow
from util.instructions.language_rules import detector
from util.instructions.rules import INSTRUCTIONS, VERSION
from util.records import NO_FINAL_ANSWER, NOT_JUDGEABLE, Row, Verdict
from util.system.errors import UserError
from util.task import Checker, CheckOptions, Selection
from util.text.thought import after_reasoning

FAMILIES = tuple(dict.fromkeys(name.partition(":")[0] for name in INSTRUCTIONS))


class IfevalTask(DatasetTask):
    """``--source`` is an instruction ("length_constraints:number_words") or a family of them ("keywords"): rows with it.

    The prompt is sent as it is. A response is right if it follows all instructions of its row, strictly; which ones it
    follows, strictly and loosely, is in the evidence.

    A row::

        {"key": 1, "prompt": "Name a colour. Include the keyword sky, and use no commas.",
         "instruction_id_list": ["keywords:existence", "punctuation:no_comma"], "kwargs": [{"keywords": ["sky"]}, {}]}
    """

    name = "IFEval"
    kind = "text"
    version = 1
    template = "{question}"
    hub = SOURCES["IFEval"]
    required = ("prompt", "instruction_id_list", "kwargs")
    question_field = "prompt"
    default_split = "train"
    source_names = ("instruction", "family")

    def select(self, selection: Selection) -> Iterator[tuple[str, Row]]:
        if selection.source != "all":
            self.source_of([selection.source])
        yield from super().select(selection)

    def source_of(self, words: Sequence[str]) -> str:
        source = ":".join(words)
        if source not in ("all", *FAMILIES, *INSTRUCTIONS):
            near = difflib.get_close_matches(source, [*FAMILIES, *INSTRUCTIONS], 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UserError(
                f"{self.name} has no instruction {source!r}.{hint} A source is a family ({', '.join(FAMILIES)}) or one "
                "instruction, such as keywords:existence; docs/ifeval.md lists them."
            )
        return source

    def matches(self, row: Row, source: str) -> bool:
        return any(source in (name, name.partition(":")[0]) for name in row["instruction_id_list"])

    def renamed(self, row: Row) -> Row:
        """CSV keeps lists as JSON text."""
        texts = {name: row[name] for name in ("instruction_id_list", "kwargs") if isinstance(row.get(name), str)}
        try:
            return row | {name: json.loads(text) for name, text in texts.items()}
        except ValueError:
            return row

    def fault(self, row: Row) -> str | None:
        ids, kwargs = row["instruction_id_list"], row["kwargs"]
        if not isinstance(ids, list) or not ids or not all(isinstance(name, str) for name in ids):
            return "the field 'instruction_id_list' must be a list of at least one name"
        if not isinstance(kwargs, list) or not all(values is None or isinstance(values, dict) for values in kwargs):
            return "the field 'kwargs' must be a list of objects"
        if len(kwargs) != len(ids):
            return f"there are {len(ids)} instructions and {len(kwargs)} kwargs"
        return None

    def prompt(self, row: Row) -> str:
        return str(row["prompt"])

    def checker(self, options: CheckOptions) -> IfevalChecker:
        return IfevalChecker(detector())


@dataclass(frozen=True)
class IfevalChecker(Checker):
    """All instructions of the row. languages: the package that identifies languages; "" if none is installed."""

    languages: str = ""

    @property
    def rules(self) -> str:
        return f"ifeval {VERSION} {self.languages}".strip()

    def prepare(self) -> dict[str, Any]:
        return {"rules": VERSION, "languages": self.languages or None}

    def check(self, row: Row, response: str) -> Verdict:
        text = after_reasoning(response)
        if text is None:
            return Verdict(False, NO_FINAL_ANSWER)
        found = follow(row["instruction_id_list"], row["kwargs"], text.strip())
        evidence = {"instructions": [_shown(each) for each in found], "loose": every([each.loose for each in found])}
        followed = every([each.strict for each in found])
        if followed is None:
            open_one = next(each for each in found if each.strict is None)
            return Verdict(
                None, f"{NOT_JUDGEABLE if open_one.row else ''}{open_one.instruction}: {open_one.why}", evidence
            )
        missed = [each.instruction for each in found if each.strict is False]
        return Verdict(
            followed, f"not followed: {', '.join(missed)}" if missed else "all instructions followed", evidence
        )


def _shown(each: Following) -> dict[str, Any]:
    found = {"instruction": each.instruction, "strict": each.strict, "loose": each.loose}
    return {**found, "why": each.why} if each.why else found
