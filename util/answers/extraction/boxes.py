r"""Find boxes (``\boxed{...}`` and its kin, braces balanced), and tell which of them belong together."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from util.answers.extraction.commitment import sentence_before
from util.answers.extraction.wordings import ALTERNATIVE, HEDGED_OR, pattern
from util.answers.layout import MAX_ANSWER
from util.answers.trimming import trimmed

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
    """The last boxes of a text in their order, without boxes inside others.

    unclosed: offset of the last one that has no closing brace, -1 if there is none.
    """

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


_MAX_BETWEEN = 90
_JOINERS = pattern(
    r"(?i)(?:[\s$,;.、，；&*_}{()\[\]|/•·+-]|\\[(\[)\],;:! ]|\\q?quad(?![a-zA-Z])|\\\\|\\(?:text|mathrm|textbf|mbox|rm)(?=\s?\{)|\\(?:vee|lor|land|wedge|hspace\{\w{1,8}\}|end\{\w{1,12}\*?\}|begin\{\w{1,12}\*?\}|left|right)"
    r"|(?:and|or|to|vs\.?|versus|as well as|und|oder|y|et)\b|和|或者?|与|以及|(?<![A-Za-z\\])[A-Za-z](?:_\{?\w{1,3}\}?)?'?\s{0,2}(?:&?=|\\in)|\\[a-z]{2,8}\s{0,2}=|\b(?:cm|m|km|kg|meters?|units?|degrees|\^?\\circ)\b)*"
)
_NAMED = pattern(r"(?P<name>(?<![A-Za-z\\\d)}])[A-Za-z](?:_\{?\w{1,3}\}?)?)\s{0,2}&?=\s{0,3}[$\s]{0,3}\Z")
_LABEL = pattern(
    r"(?i)[\s\-•>#(]{0,6}(?:(?P<word>answer|option|case|solution|part|possibility|root|question|problem|sub-?question|choice|candidate|value|possible answer|for part)s?\s{0,2}(?:\(?[0-9ivx]{1,3}\)?|\(?[a-eA-E]\)?)(?![A-Za-z0-9])|(?P<short>\(?[a-e]\)|\([ivx]{1,3}\)))"
)
_WORDS_GO_ON = pattern(r"[\s$)\\*]{0,4}[A-Za-z]{2}")
_NEXT_ITEM = pattern(
    r"(?i)[\s$)\]\\.,;*]{0,8}\n[\s*]{0,6}(?:\(?(?:\d{1,2}|[a-h])[.)][\s*]{0,4}|(?!(?:step|final|answer|total|result|so|hence|therefore|thus|finally)\b)[A-Za-z][\w ]{0,30}[*]{0,2}:[\s*]{1,4})[$\s\\(\[]{0,6}"
)
_ITEM_START = pattern(
    r"(?i)(?:^|\n)[\s*]{0,6}(?:\(?(?:\d{1,2}|[a-h])[.)][\s*]{0,4}|[A-Za-z][\w ]{0,30}[*]{0,2}:[\s*]{1,4})[$\s\\(\[]{0,6}\Z"
)
_NEXT_OF_LIST = pattern(r"[$)\s]{0,2};\s?(?P<other>-?\d[\d.,]{0,20})(?=[\s.]{0,3}(?:\n|\Z))")
_CASE = pattern(
    r"(?i)\b(?:if|when|in case|otherwise|else|for (?:odd|even|positive|negative)|in the (?:first|second|other) case|assuming|case)\b|如果|若|当"
)


def group_of(text: str, boxes: list[AnswerBox]) -> list[AnswerBox]:
    """The last box with those before it that it is joined to, in their order."""
    group = [boxes[-1]]
    for earlier in reversed(boxes[:-1]):
        if not _joined(text, earlier, group[0]):
            break
        group.insert(0, earlier)
    return group


def _joined(text: str, earlier: AnswerBox, later: AnswerBox) -> bool:
    between = text[earlier.end : later.start]
    if len(between) <= _MAX_BETWEEN:
        without_hedge = HEDGED_OR().sub("or", between)
        is_product = "\n" not in between and between.strip() in ("+", "-", "/", "(", ")(")
        if _JOINERS().fullmatch(without_hedge) and not is_product:
            return True
    if _NEXT_ITEM().fullmatch(between) and _ITEM_START().search(text, max(0, earlier.start - 90), earlier.start):
        return True
    if len(between) > 2_000:
        return False
    one, other = (_LABEL().match(sentence_before(text, box.start)) for box in (earlier, later))
    return one is not None and other is not None and (one["word"] or "").lower() == (other["word"] or "").lower()


def alternatives(text: str, group: list[AnswerBox]) -> bool:
    """Whether the boxes of a group are offered as one of several, and not together."""
    return any(HEDGED_OR().search(text[one.end : other.start]) for one, other in pairwise(group))


def cases_differ(text: str, boxes: list[AnswerBox]) -> bool:
    """Whether the last two boxes answer different cases ("If n is even: ... If n is odd: ...")."""
    if len(boxes) < 2 or boxes[-1].start - boxes[-2].end > 400 or same_content(boxes[-1], boxes[-2]):
        return False
    before = [sentence_before(text, box.start) for box in boxes[-2:]]
    return _CASE().search(before[1]) is not None and (
        _CASE().search(before[0]) is not None or re.search(r"otherwise|else\b", before[1], re.IGNORECASE) is not None
    )


def joint_content(text: str, group: list[AnswerBox]) -> str:
    """The contents of a group as a list, each once; with their names if all have one ("x=1, y=2")."""
    if len(group) == 1:
        return group[0].content
    contents = list(dict.fromkeys(trimmed(box.content) for box in group))
    if len(contents) == 1:
        return contents[0]
    if len(contents) == len(group):
        names = [_NAMED().search(text[max(0, box.start - 16) : box.start]) for box in group]
        found = [name["name"] for name in names if name is not None]
        if len(set(found)) == len(group) and not any("=" in content for content in contents):
            return ", ".join(f"{name} = {content}" for name, content in zip(found, contents, strict=True))
    return ", ".join(contents)


def same_content(one: AnswerBox, other: AnswerBox) -> bool:
    return "".join(trimmed(one.content).split()) == "".join(trimmed(other.content).split())


def other_behind(text: str, end: int) -> str | None:
    """Another value that the text offers right behind a box ("or 4"); None without one."""
    if (listed := _NEXT_OF_LIST().match(text, end)) is not None:
        return listed["other"]
    window = text[end : end + 24].lower()
    if not any(word in window for word in ("or", "and", "und", "oder")):
        return None
    match = ALTERNATIVE().match(text, end)
    if match is None or (match["word"].lower() in ("and", "und") and _WORDS_GO_ON().match(match["then"])):
        return None
    return trimmed(match["other"].rstrip(".,;)}"))
