r"""Remove what surrounds an answer: white space, punctuation, delimiters of mathematics and of Markdown, outer boxes.

This module imports nothing of the package: both the extraction and the parser's layout step use it.
"""

from __future__ import annotations

import re

_OUTER = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("__", "__"), ("*", "*"), ("`", "`"))
_SPACE_AT_START = re.compile(r"(?:\s|\\[,;:!>](?![a-zA-Z])|\\q?quad(?![a-zA-Z])|\\ )+")
_SPACE_AT_END = re.compile(r"(?<!\\)(?:\s|\\[,;:! ]|\\q?quad(?![a-zA-Z])|~)+\Z")
_POINTED = ("...", r"\left.", r"\right.")


def trimmed(answer: str) -> str:
    r"""An answer without the punctuation, spaces and delimiters around it. Nothing of its mathematics is removed.

    >>> trimmed(r"\(5.\)."), trimmed(" $x$. "), trimmed("**7**"), trimmed(r"5\,"), trimmed(r"\{1,2\}")
    ('5', 'x', '7', '5', '\\{1,2\\}')
    """
    previous = None
    while previous != answer:
        previous = answer
        answer = _without_space(answer)
        if answer.endswith((".", "。")) and not answer.endswith(_POINTED):
            answer = answer.rstrip(".。").rstrip()
        answer = answer.rstrip(",;:，；：").strip()
        if answer.startswith((r"\boxed{", r"\fbox{")) and answer.endswith("}"):
            inner = answer[answer.find("{") + 1 : -1]
            answer = inner if balanced(inner) else answer
        answer = _without_delimiters(answer)
    return answer


def balanced(text: str) -> bool:
    """Whether the braces of the text are balanced."""
    depth = 0
    for character in text.replace(r"\{", "").replace(r"\}", ""):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _without_space(answer: str) -> str:
    answer = answer.strip()
    if "\\" not in answer and "~" not in answer:
        return answer
    if (space := _SPACE_AT_END.search(answer, max(0, len(answer) - 200))) is not None:
        answer = answer[: space.start()]
    start = _SPACE_AT_START.match(answer)
    return answer[start.end() :] if start else answer


def _without_delimiters(answer: str) -> str:
    if answer[-1:] not in ("$", ")", "]", "*", "_", "`"):
        return answer
    for left, right in _OUTER:
        inner = answer[len(left) : len(answer) - len(right)]
        surrounded = len(answer) > len(left) + len(right) and answer.startswith(left) and answer.endswith(right)
        if surrounded and left not in inner and (left[-1] != "$" or "$" not in inner):
            return inner
    return answer
