"""GPQA: questions for experts, four options each (Rein et al. 2023). Gated on the Hub."""

from __future__ import annotations

import hashlib
import random

from tasks.choice import ChoiceTask
from util.hub import SOURCES, HubSource
from util.records import Row
from util.system.errors import UserError
from util.task import Selection

OPTIONS = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
CONFIGS = {"diamond": SOURCES["GPQADiamond"], "main": SOURCES["GPQA main"], "extended": SOURCES["GPQA extended"]}


class GpqaDiamondTask(ChoiceTask):
    """The options are shuffled by a seed taken from the question, and the order is
    kept in the row: a check, a slice or a resumed run sees the same letters.

    A row::

        {"Question": "2 + 2?", "Correct Answer": "4", "Incorrect Answer 1": "3",
         "Incorrect Answer 2": "5", "Incorrect Answer 3": "6"}
    """

    name = "GPQADiamond"
    version = 1
    hub = SOURCES["GPQADiamond"]
    required = ("Question", *OPTIONS)
    question_field = "Question"
    default_split = "train"
    default_source = "diamond"
    source_names = ("config",)

    def hub_source(self, selection: Selection) -> HubSource:
        if selection.source not in CONFIGS:
            raise UserError(f"GPQA has no --source {selection.source!r}. There are: {', '.join(CONFIGS)}.")
        return CONFIGS[selection.source]

    def prepare(self, row: Row) -> Row:
        if "choices" in row and "answer" in row:
            return row
        order = shuffled_order(row["Question"])
        texts = [str(row[name]).strip() for name in OPTIONS]
        return row | {"choices": [texts[i] for i in order], "answer": "ABCD"[order.index(0)]}

    def letter(self, row: Row) -> str:
        return str(row["answer"])


class GpqaMainTask(GpqaDiamondTask):
    """The main set, 448 questions: ``GPQADiamond`` with ``--source main`` under a name of its own.

    A row::

        {"Question": "2 + 2?", "Correct Answer": "4", "Incorrect Answer 1": "3",
         "Incorrect Answer 2": "5", "Incorrect Answer 3": "6"}
    """

    name = "GPQAMain"
    version = 1
    hub = SOURCES["GPQA main"]
    default_source = "main"


def shuffled_order(question: str) -> list[int]:
    """A permutation of the four options that depends on the question alone."""
    seed = hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()
    order = list(range(len(OPTIONS)))
    random.Random(seed).shuffle(order)
    return order
