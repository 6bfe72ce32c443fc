r"""Find boxes: ``\boxed{...}``, ``\fbox{...}`` and their kin, braces balanced."""

from __future__ import annotations

import re
from typing import NamedTuple

from util.answers.layout import MAX_ANSWER

MAX_BOXES = 40
"""Only this many boxes at the end of a response are considered."""
_MAX_HITS = 400
"""Of the letters "ox", so that a response of nothing but them costs nothing."""

_BOX = re.compile(
    r"(?:[\\\x08]?boxed|\x08oxed|\\fbox|\\framebox|\\bbox(?:\[[^\]\n]{0,60}\])?|\\colorbox\{\w{1,20}\})"
    r"\s{0,8}(?P<argument>\{|[^\s{}\\$.,;:()\[\]<*`\"']{1,40})"
)
_PLACEHOLDER = re.compile(
    r"(?i)(?:\s|\\text\{|[{}<>\[\]$_.?…]|\\(?:ldots|dots|cdots)|your|the|final|answer|here|result|placeholder)+"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


class AnswerBox(NamedTuple):
    """A box at text[start:end] and its content."""

    start: int
    end: int
    content: str


class Boxes(NamedTuple):
    """The last boxes of a text in their order, without boxes inside others. unclosed: offset of the last one that has
    no closing brace, -1 if there is none."""

    found: list[AnswerBox]
    unclosed: int


def boxes_in(text: str) -> Boxes:
    """The last ``MAX_BOXES`` boxes of a text. Empty ones are left out."""
    found: list[AnswerBox] = []
    unclosed = -1
    for match in _openings(text):
        if found and match.start() < found[-1].end:
            continue
        box = _box(text, match)
        if box is None:
            unclosed = match.start()
        elif box.content.strip(" $.") and not _PLACEHOLDER.fullmatch(box.content):
            found.append(box)
    return Boxes(found, unclosed)


def _openings(text: str) -> list[re.Match[str]]:
    """Searched from the end and by a short constant, since few texts are long and nearly all of it is no box."""
    found: list[re.Match[str]] = []
    place, hits = len(text), 0
    while len(found) < MAX_BOXES and hits < _MAX_HITS and (place := text.rfind("ox", 0, place)) >= 0:
        hits += 1
        start = max(text.rfind("\\", max(0, place - 8), place), text.rfind("\x08", max(0, place - 2), place))
        bare = start < 0
        start = place - 1 if bare else start
        match = _BOX.match(text, max(0, start))
        if match is None or match.end() <= place:
            continue
        if bare and (match["argument"] != "{" or (start > 0 and text[start - 1].isalpha())):
            continue  # "boxed" as a word of a sentence
        found.append(match)
    return found[::-1]


def _box(text: str, match: re.Match[str]) -> AnswerBox | None:
    """None if the brace is not closed."""
    start = match.start()
    if match["argument"] != "{":
        return AnswerBox(start, match.end(), match["argument"])
    end = _closing_brace(text, match.end())
    if end is None:
        return None
    content = text[match.end() : end]
    if start > 0 and text[start - 1] == "\\" and text[start - 2 : start - 1] != "\n":
        # A text that was escaped twice: every command in it has two backslashes.
        doubled = re.search(r"\\\\[a-zA-Z]", content) is not None
        content = content.replace("\\\\", "\\") if doubled and not re.search(r"(?<!\\)\\[a-zA-Z]", content) else content
    return AnswerBox(start, end + 1, content)


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for match in _BRACE.finditer(text, start, start + 2 * MAX_ANSWER):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return match.start()
    return None
