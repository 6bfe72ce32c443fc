r"""Find the final answer in a response.

Only the text after the reasoning counts: what stands before the last closing
think tag or thought marker is never searched, and a response that never closes
its reasoning has no answer. Then, in this order: the last ``\boxed{}`` (joined with
boxes right before it across a short list connector), else what follows "the
answer is", "Answer:" or "####".
"""

from __future__ import annotations

import re

from util.answers.layout import MAX_ANSWER, trimmed

OPENING = ("<think>", "<thinking>", "<|begin_of_thought|>")
CLOSING = ("</think>", "</thinking>", "<|end_of_thought|>")

MAX_RESPONSE = 2_000_000
MAX_BOXES = 40
"""Only the last boxes of a response are looked at; an answer has no more parts."""

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(\{|[^\s{}\\$.,;]+)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CONNECTOR = re.compile(r"[\s$,;.]*(?:\\(?:text|quad|qquad|mathrm)?[\s{},;]*)?(?:and|or|,|;)?[\s$}\\()\[\]]*")
_PHRASE = re.compile(
    r"(?:\banswers?\s{0,3}\*{0,3}\s{0,3}(?:is|are|:|=)(?:\s{0,3}:)?|^[ \t]{0,8}#{4}|^[ \t]{0,8}#{1,6}[ \t]{0,3}(?:final[ \t]{1,3})?answer\b"
    r"[ \t]{0,3}:?|^[ \t]{0,8}\*{0,3}final answer\*{0,3}[ \t]{0,3}$|^[ \t]{0,8}A:)[ \t]{0,3}\*{0,3}[ \t]{0,3}",
    re.IGNORECASE | re.MULTILINE,
)
_MATH_SPAN = r"(?:\$\$[^$]{1,2000}\$\$|\$(?:[^$\n\\]|\\[^\n]){1,2000}\$|\\\([^\n]{1,2000}?\\\)|\\\[.{1,2000}?\\\])"
_FORMULA = re.compile(_MATH_SPAN, re.DOTALL)
_FORMULAS = re.compile(rf"{_MATH_SPAN}(?:\s*(?:,|;|,?\s?\band\b|,?\s?\bor\b)\s*{_MATH_SPAN}){{0,30}}", re.DOTALL)
_GOES_ON = re.compile(r"\s*,?\s*(?:or|and|to|times|plus|minus|if|unless|percent of|squared|cubed)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,40}(?:,\d{3})*(?:\.\d{1,40})?(?:/\d{1,40})?")
_SENTENCE_END = re.compile(
    r"\.(?:\s{1,3}[A-Z(*\\$]|\s{0,3}$|\s{0,3}\n)|\n|,?\s{1,3}(?:because|since|as|which|so|where we|by|from)\b|;\s",
    re.IGNORECASE,
)


def after_reasoning(response: str) -> str | None:
    """The part of a response that may hold the answer; None if its thinking never ends."""
    text = response[-MAX_RESPONSE:]
    closed = max((text.rfind(tag) + len(tag) for tag in CLOSING if tag in text), default=0)
    rest = text[closed:]
    if any(tag in rest for tag in OPENING):
        return None
    return rest


def extract_answer(response: str, *, lenient: bool = False) -> str | None:
    """The final answer as the response writes it, or None if it gives none.

    lenient: where nothing says which it is, the last formula or number is taken.
    """
    text = after_reasoning(response)
    if text is None:
        return None
    answer = _last_boxes(text)
    if answer is None:
        answer = _after_phrase(text)
    if answer is None and lenient:
        answer = _last_formula(text)
    if answer is None or len(answer) > MAX_ANSWER:
        return None
    return trimmed(answer) or None


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete ``\boxed{...}``, braces balanced."""
    boxes = _boxes(text)
    return boxes[-1][2] if boxes else None


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of the last complete boxes that stand in no other box."""
    boxes: list[tuple[int, int, str]] = []
    for match in list(_BOX.finditer(text))[-MAX_BOXES:]:
        if boxes and match.start() < boxes[-1][1]:
            continue
        if match[1] != "{":
            boxes.append((match.start(), match.end(), match[1]))
            continue
        end = _closing_brace(text, match.end())
        if end is not None:
            boxes.append((match.start(), end + 1, text[match.end() : end]))
    return boxes


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for match in _BRACE.finditer(text, start, start + 2 * MAX_ANSWER):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return match.start()
    return None


def _last_boxes(text: str) -> str | None:
    boxes = _boxes(text)
    if not boxes:
        return None
    answers = [boxes[-1][2]]
    for earlier, later in zip(reversed(boxes[:-1]), reversed(boxes), strict=False):
        between = text[earlier[1] : later[0]]
        joined = len(between) <= 24 and re.search(r"[,;]|\band\b|\bor\b", between)
        if not joined or not _CONNECTOR.fullmatch(between):
            break
        answers.insert(0, earlier[2])
    return ", ".join(answers)


def _after_phrase(text: str) -> str | None:
    """What stands behind the last "the answer is": its formulas, or the rest of the sentence."""
    last = None
    for last in _PHRASE.finditer(text):  # noqa: B007 - only the last one matters
        pass
    if last is None:
        return None
    span = text[last.end() : last.end() + MAX_ANSWER].lstrip(" \t\r\n*:").removeprefix("is ")
    span = re.sub(r"[ \t]{2,}", " ", span)
    formulas = _FORMULAS.match(span)
    if formulas is not None:
        if _GOES_ON.match(span, formulas.end()):
            return span  # "$5$ or more": no reader will take it for 5
        return formulas[0]
    end = _SENTENCE_END.search(span)
    return span[: end.start()] if end else span


def _last_formula(text: str) -> str | None:
    found = [match[0] for match in _FORMULA.finditer(text[-10 * MAX_ANSWER :])]
    if not found:
        found = [match[0] for match in _NUMBER.finditer(text[-10 * MAX_ANSWER :])]
    return found[-1] if found else None
