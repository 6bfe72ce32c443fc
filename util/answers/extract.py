r"""Find the final answer in a response.

Only the text after the reasoning counts: what stands before the last closing
think tag or thought marker is never searched, and a response that never closes
its reasoning has no answer. Then, in this order: the last ``\boxed{}`` (joined with
boxes right before it across a short list connector), else what follows "the
answer is", "Answer:" or "####".
"""

from __future__ import annotations

import re

OPENING = ("<think>", "<thinking>", "<|begin_of_thought|>")
CLOSING = ("</think>", "</thinking>", "<|end_of_thought|>")

MAX_RESPONSE = 2_000_000
MAX_ANSWER = 4_000

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(\{|[^\s{}\\$.,;]+)")
_CONNECTOR = re.compile(r"[\s$,;.]*(?:\\(?:text|quad|qquad|mathrm)?[\s{},;]*)?(?:and|or|,|;)?[\s$}\\()\[\]]*")
_PHRASE = re.compile(
    r"(?:\banswer\s*(?:is|:|=)(?:\s*:)?|^\s*#{4}|^\s*#+\s*answer\b:?)[ \t]*\**[ \t]*", re.IGNORECASE | re.MULTILINE
)
_SENTENCE_END = re.compile(r"\.(?:\s+[A-Z(*]|\s*$)|\n")


def after_reasoning(response: str) -> str | None:
    """The part of a response that may hold the answer; None if its thinking never ends."""
    text = response[-MAX_RESPONSE:]
    closed = max((text.rfind(tag) + len(tag) for tag in CLOSING if tag in text), default=0)
    rest = text[closed:]
    if any(tag in rest for tag in OPENING):
        return None
    return rest


def extract_answer(response: str) -> str | None:
    """The final answer as the response writes it, or None if it gives none."""
    text = after_reasoning(response)
    if text is None:
        return None
    answer = _last_boxes(text)
    if answer is None:
        answer = _after_phrase(text)
    if answer is None or len(answer) > MAX_ANSWER:
        return None
    return trimmed(answer) or None


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete ``\boxed{...}``, braces balanced."""
    boxes = _boxes(text)
    return boxes[-1][2] if boxes else None


def trimmed(answer: str) -> str:
    """An answer without the punctuation and math delimiters around it.

    >>> trimmed(r"\\(5.\\)."), trimmed(" $x$. ")
    ('5', 'x')
    """
    previous = None
    while previous != answer:
        previous = answer
        answer = answer.strip().rstrip(".").strip("*").strip()
        for left, right in (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")):
            inner = answer[len(left) : len(answer) - len(right)]
            if (
                len(answer) >= len(left) + len(right)
                and answer.startswith(left)
                and answer.endswith(right)
                and left not in inner
            ):
                answer = inner
    return answer


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of each complete box that stands in no other box."""
    boxes: list[tuple[int, int, str]] = []
    for match in _BOX.finditer(text):
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
    position = start
    while position < min(len(text), start + 4 * MAX_ANSWER):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
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
    last = None
    for last in _PHRASE.finditer(text):  # noqa: B007 - only the last one matters
        pass
    if last is None:
        return None
    span = text[last.end() : last.end() + MAX_ANSWER]
    end = _SENTENCE_END.search(span)
    return span[: end.start()] if end else span
