"""The level in an answer of a model that rates difficulty, and why an answer has none."""

from __future__ import annotations

import re

from util.records import Response
from util.system.characters import printable
from util.text.thought import after_reasoning

UNPARSED = -1
SHOWN = 300
"""Characters of an unreadable answer that are shown."""

_NUMBER = r"\s*(\d+(?:\.\d+)?)\s*"
_DOUBLE = re.compile(rf"\[\[{_NUMBER}\]\]?|\[{_NUMBER}\]\]")
_SINGLE = re.compile(rf"\[{_NUMBER}\]")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_ALTERNATIVE = re.compile(r"\W*(?:or|and|maybe|perhaps|possibly|alternatively|could|might)\b", re.IGNORECASE)


def parse_level(text: str) -> float:
    """The level from 1 to 10 in an answer, after its thought; -1 if there is none.

    Single brackets count only without double ones. Of several different levels, the last counts if it is the
    conclusion: it ends the answer, in a sentence of its own that does not offer it as another choice. Others are
    ambiguous, and no level.

    >>> parse_level("Hard. [[7.5]]"), parse_level("[7]"), parse_level("seven"), parse_level("<think>[[9]]")
    (7.5, 7.0, -1, -1)
    >>> parse_level("More than [[3]]. So it is [[4]]."), parse_level("[[3]] or [[7]]"), parse_level("[[3]]. Or [[7]].")
    (4.0, -1, -1)
    """
    answer = after_reasoning(text) or ""
    found = list(_DOUBLE.finditer(answer)) or list(_SINGLE.finditer(answer))
    levels = [float(next(filter(None, match.groups()))) for match in found]
    if not levels or not 1 <= levels[-1] <= 10:
        return UNPARSED
    others = [match for match, level in zip(found, levels, strict=True) if level != levels[-1]]
    if others and not _concludes(answer, others[-1].end(), found[-1]):
        return UNPARSED
    return levels[-1]


def level_of(response: Response | None) -> float:
    """The level in a finished answer; -1 without one. A level in a truncated answer may be part of its thinking."""
    return parse_level(response.content) if response is not None and response.stopped else UNPARSED


def why_unreadable(response: Response, max_tokens: int) -> str:
    """Why an answer has no level, and what may help."""
    if response.failed:
        return f"the request failed: {printable(response.error)[:SHOWN]}"
    if response.truncated:
        return f"it was cut off at --max-tokens {max_tokens}; a model that thinks first needs more"
    answer = after_reasoning(response.content)
    if answer is None:
        return "its thought does not end"
    if not answer.strip():
        return "nothing follows its thought: the server may put the whole answer there, or hide it; try another --model"
    if _DOUBLE.search(answer):
        return "it names several levels, or one outside of 1 to 10"
    return "it has no level such as [[4]]; the model does not follow the rubric: try another --model"


def _concludes(answer: str, other: int, last: re.Match[str]) -> bool:
    """Whether the last level ends the answer in a sentence that begins behind offset ``other``."""
    ends = list(_SENTENCE_END.finditer(answer, other, last.start()))
    if not ends or re.search(r"\w", answer[last.end() :]):
        return False
    return _ALTERNATIVE.match(answer, ends[-1].end()) is None
