"""Humanity's Last Exam: questions by experts of many fields (Phan et al. 2025). Gated on the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.prose import ProseChecker, ProseMathTask
from util.answers.chosen_option import LETTERS, choose
from util.answers.policy import STRICT, Policy
from util.hub import SOURCES
from util.prompting.prompts import CHOICE, fill
from util.records import NO_OPTION, NOT_JUDGEABLE, Row, Verdict
from util.system.errors import UserError
from util.task import CheckOptions, Selection

CHOICES, EXACT = "multipleChoice", "exactMatch"
CLOSED = frozenset(("yes", "no", "true", "false", "none"))
"""Golds of one word for which any other word is wrong."""
_HEAD = re.compile(r"(?i)answer choices\s*:")
_OPTION = re.compile(r"^\s*\(?([A-Z])[.):]\s*(.*)$", re.MULTILINE)


class HleTask(ProseMathTask):
    """The questions without an image. ``--source`` is text (all of them), a category ("Math"), or an answer type.

    The options of a multiple-choice question are part of its text. Exact answers are compared by the rules; an answer in
    other words than the gold answer has no verdict, since the paper lets a model judge it.

    A row::

        {"id": "h1", "question": "What is 6 * 7?", "image": "", "answer": "42", "answer_type": "exactMatch",
         "category": "Math", "raw_subject": "Arithmetic", "rationale": ""}
    """

    name = "HLE"
    version = 1
    hub = SOURCES["HLE"]
    required = ("question", "answer", "answer_type")
    question_field = "question"
    default_source = "text"
    source_field = "category"
    most_words = 0

    def select(self, selection: Selection) -> Iterator[tuple[str, Row]]:
        if selection.source == "all":
            raise UserError(
                "HLE: --source all has questions with images, which no model is sent here. Use --source text (the default), "
                "a category such as Math, or an answer type (exactMatch, multipleChoice)."
            )
        yield from super().select(selection)

    def matches(self, row: Row, source: str) -> bool:
        return not row.get("image") and source in ("text", row.get("category"), row["answer_type"])

    def fault(self, row: Row) -> str | None:
        kind = row["answer_type"]
        return None if kind in (CHOICES, EXACT) else f"the answer_type {kind!r} is neither {CHOICES} nor {EXACT}"

    def prompt(self, row: Row) -> str:
        if row["answer_type"] == CHOICES:
            return fill(CHOICE, question=row["question"], choices="").rstrip()
        return super().prompt(row)

    def prompt_texts(self) -> list[str]:
        return [self.template, CHOICE]

    def in_prose(self, gold: str) -> bool:
        return gold.strip().lower().rstrip(".") not in CLOSED and super().in_prose(gold)

    def checker(self, options: CheckOptions) -> HleChecker:
        return HleChecker(self, super().checker(options).policy)


@dataclass(frozen=True)
class HleChecker(ProseChecker):
    """Exact answers as ``ProseChecker``; of a choice the letter that the response chooses."""

    task: HleTask
    policy: Policy = STRICT

    @property
    def rules(self) -> str:
        return f"{super().rules} hle 1"

    def check(self, row: Row, response: str) -> Verdict:
        if row["answer_type"] != CHOICES:
            return super().check(row, response)
        options, right = options_in(row["question"]), str(row["answer"]).strip(" ().")
        if len(right) != 1 or right not in LETTERS[: len(options)]:
            return Verdict(None, f"{NOT_JUDGEABLE}the options of the question cannot be read")
        chosen = choose(response, options)
        evidence = {"answer": chosen.letter, "gold": right}
        if chosen.letter is None:
            return Verdict(False, NO_OPTION, {**evidence, "why": chosen.reason})
        return Verdict(
            chosen.letter == right, "the right option" if chosen.letter == right else "a wrong option", evidence
        )


def options_in(question: str) -> list[str]:
    r"""The options' texts of a question that ends with them; [] where they are not lettered A, B, C, ...

    >>> options_in("Which?\n\nAnswer Choices:\nA. one\nB. two, or\n   more\nC. three")
    ['one', 'two, or\n   more', 'three']
    >>> options_in("Which?\n\nAnswer Choices:\nA. one\nC. three")
    []
    """
    heads = list(_HEAD.finditer(question))
    text = question[heads[-1].end() :] if heads else ""
    found = list(_OPTION.finditer(text))
    if "".join(match[1] for match in found) != LETTERS[: len(found)] or len(found) < 2:
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [text[match.start(2) : end].strip() for match, end in zip(found, ends, strict=True)]
