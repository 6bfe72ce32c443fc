"""The records of the extraction, and a candidate's text without what belongs to the way it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from util.answers.extraction.wordings import pattern
from util.answers.trimming import balanced, trimmed

BOX, PHRASE, HASHES, TAG, HEADING, BOLD, FORMULA = "box", "phrase", "hashes", "tag", "heading", "bold line", "formula"
"""Kinds of candidates. A formula counts in lenient mode only."""


@dataclass(frozen=True)
class Candidate:
    """A place that may state the final answer.

    text: the answer as it would be compared. start, end: offsets in characters in the part of the response after its
    reasoning, from the marker or box to the end of the value. kind: one of the kinds above. fault: why it states no
    answer, "" if it does. weak: a remark ("the answer is even"), which counts only where nothing else does.
    """

    text: str
    start: int
    end: int
    kind: str
    fault: str = ""
    weak: bool = False


@dataclass(frozen=True)
class Extraction:
    """The final answer of a response.

    answer: None if there is none. reason: why, in words: which statement decided, or why none counts. candidates: all
    that were found, in their order. kind: of the chosen candidate, "" without an answer.
    """

    answer: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()
    kind: str = ""


_START = pattern(
    r"(?i)(?:[\"“”「」【】`✅➜→⇒⟹∴]|[=-]>|\\(?:Rightarrow|implies|therefore|rightarrow|displaystyle)(?![a-zA-Z])|<[a-zA-Z]{1,6}>|\s"
    r"|(?:\\(?:text|textbf|mathbf|mathrm)\{\s?)?(?:the\s)?(?:final\s)?(?:answer|ans)\s?(?:is\s?:?|:|=)\s?\}?)+"
)
_STYLED = pattern(r"\\(?:mathbf|textbf|boldsymbol|bm|underline|emph)\s?\{(?P<inner>.{2,})\}\Z", re.DOTALL)
_END = pattern(
    r"(?:\s|[\"“”「」【】`。✅✓✔☑🎉∎■□✨👍😊]|\\(?:blacksquare|square|Box|qed|hfill|checkmark)(?![a-zA-Z])|</[a-zA-Z]{1,10}>|<br\s?/?>|\\\\)+\Z"
)


def finished(answer: str) -> str:
    r"""An answer without what surrounds it.

    >>> finished(r"⇒ \text{Answer: } 5 \quad \blacksquare"), finished('"8".'), finished(r"\{1, 2\}\,")
    ('5', '8', '\\{1, 2\\}')
    """
    answer = trimmed(answer)
    if answer.isalnum():
        return answer
    previous = None
    while previous != answer:
        previous = answer
        end = _END().search(answer, max(0, len(answer) - 60))
        answer = answer[: end.start()] if end else answer
        start = _START().match(answer)
        rest = answer[start.end() :] if start else answer
        answer = trimmed(rest) if rest.strip() else answer
        styled = _STYLED().match(answer)
        if styled is not None and balanced(styled["inner"]):
            answer = trimmed(styled["inner"])
    return answer
