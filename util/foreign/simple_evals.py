"""OpenAI simple-evals: ``EVAL_MODEL.json`` with ``convos``, and gold and score in the pages of ``htmls``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from util.foreign.file_names import stem
from util.foreign.foreign_values import conversation, score_of
from util.foreign.json_documents import json_items
from util.foreign.sample import ForeignSample
from util.records import Row

_FIELD = r"<(?:p|pre)>\s*{}:(.*?)</(?:p|pre)>"
_GOLD, _ANSWER, _SCORE = (
    re.compile(_FIELD.format(name), re.DOTALL) for name in ("Correct Answer", "Extracted Answer", "Score")
)


def knows(row: Row) -> bool:
    return "convos" in row and "htmls" in row


def read(path: Path) -> Iterator[ForeignSample]:
    """One conversation per sample; its last turn is the response."""
    name = stem(path).removesuffix("_allresults")
    task, _, model = name.partition("_")
    pages = json_items(path, "htmls.item")
    for number, (convo, page) in enumerate(zip_longest(json_items(path, "convos.item"), pages)):
        turns = conversation(convo or [])
        text = turns.pop()[1] if turns and turns[-1][0] == "assistant" else ""
        yield ForeignSample(
            model=model,
            task=task,
            grader="score",
            problem=next((text for role, text in reversed(turns) if role == "user"), str(number)),
            question=next((text for role, text in reversed(turns) if role == "user"), ""),
            response=text,
            gold=_found(_GOLD, page),
            score=score_of(_found(_SCORE, page) or ""),
            answer=_found(_ANSWER, page),
        )


def _found(field: re.Pattern[str], page: str | None) -> str | None:
    places = list(field.finditer(page or ""))
    return html.unescape(places[-1][1]).strip() if places else None
