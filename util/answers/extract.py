r"""Find the final answer in a response.

Only the text after the reasoning is searched, that is, after the last closing think tag or thought
marker. A response that never closes its reasoning has no answer. The answer is, in this order: the last
``\boxed{}`` (joined with the boxes just before it if only a short list connector is between them), else
the text after "the answer is", "Answer:" or "####".
"""

from __future__ import annotations

import re

from util.answers.layers import compare
from util.answers.layout import MAX_ANSWER, trimmed
from util.text.thought import after_reasoning

MAX_BOXES = 40
"""Only this many boxes at the end of a response are considered."""

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(\{|[^\s{}\\$.,;]+)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CONNECTOR = re.compile(
    r"[\s$,;.]*(?:\\(?:text|quad|qquad|mathrm)?[\s{},;]*)?(?:and|or|,|;)?[\s$}\\()\[\]]*(?:quad)?[\s$\\(\[]*(?:[a-zA-Z](?:_\{?\w\}?)?\s*=\s*)?"
)
_PHRASE = re.compile(
    r"(?:\b(?:answers?|ans)(?:\s+to\s+[^.\n$\\]{1,60}?)?\s{0,3}\*{0,3}\s{0,3}(?:is|are|(?:should|must|would|will) be|:|=)(?:\s{0,3}:)?"
    r"|^[ \t]{0,8}#{4}|^[ \t]{0,8}#{1,6}[ \t]{0,3}(?:final[ \t]{1,3})?answer\b[ \t]{0,3}:?"
    r"|^[ \t]{0,8}\*{0,3}(?:final )?answer\*{0,3}[ \t]{0,3}$|\bfinal result(?:\s+is|\s{0,3}:)|^[ \t]{0,8}A:|<answer>|\"answer\"\s{0,3}:)"
    r"[ \t]{0,3}\*{0,3}[ \t]{0,3}",
    re.IGNORECASE | re.MULTILINE,
)
_SPECIAL = re.compile(
    r"<\|(?:im_end|eot_id|endoftext|end|eom_id|end_of_text)\|>|</s>|<\uff5cend\u2581of\u2581sentence\uff5c>|</answer>.*\Z",
    re.DOTALL,
)
_FILLER = re.compile(
    r"(?:(?:therefore|thus|indeed|simply|just|then|also|hence|clearly|given by|exactly)\b[ ,:]*|there (?:is|are)\s+"
    r"|the [a-z ]{1,50}? (?:is|are|equals|=)\s+)+",
    re.IGNORECASE,
)
_MATH_SPAN = r"(?:\$\$[^$]{1,2000}\$\$|\$(?:[^$\n\\]|\\[^\n]){1,2000}\$|\\\([^\n]{1,2000}?\\\)|\\\[.{1,2000}?\\\])"
_FORMULA = re.compile(_MATH_SPAN, re.DOTALL)
_FORMULAS = re.compile(rf"{_MATH_SPAN}(?:\s*(?:,|;|,?\s?\band\b|,?\s?\bor\b)\s*{_MATH_SPAN}){{0,30}}", re.DOTALL)
_ENDS = re.compile(
    r"[\s*_)\].!]*(?:$|\n|[.;:!)]\s|,\s(?!but|and|or|if|not|unless|when|plus|minus)|,?\s{0,3}(?:because|since|as|which|so|hence|and so)\b)",
    re.IGNORECASE,
)
_WORDS_AFTER = re.compile(r"\s?([A-Za-z][A-Za-z /^²³-]{0,40}?)[\s*]*(?:[.!]?\s*$|[.!]\s|\n|,\s)")
_ADJACENT_BEFORE = re.compile(
    r"(?:(?<![A-Za-z0-9)\s])\s?-|\$-|\(-|\[-|[<>]|\\(?:le|ge|leq|geq|leqslant|geqslant|pm|mp|neq?|times|cdot|sqrt|ln|log|sin|cos|tan|approx)"
    r"|\\frac\{?|[+/^]|(?<!_)_|(?<!\*)\*)\s?\{?\s?$"
)
_ADJACENT_AFTER = re.compile(
    r"-\s?[\d\\(]|\s?(?:\\(?:sqrt|pi|cdot|times|pm|frac|%|text\{\s*(?:or|and|million|billion|thousand|hundred|dozen)|quad\s*\\text\{\s*(?:or|and))|[\^/+%]|(?<!\*)\*(?!\*)"
    r"|(?:million|billion|thousand|hundred|dozen|percent)\b|(?:,|\s(?:or|and))\s?-?\d|[a-z]\s?[\^)$])"
)
_RETRACTED = re.compile(
    r"\b(?:that|this|it|which)(?:'s| is| was| seems) (?:wrong|incorrect|not (?:right|correct))|is (?:not right|wrong|incorrect)\b|\bwait\b|\bactually\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,40}(?:,\d{3})*(?:\.\d{1,40})?(?:/\d{1,40})?")
_SENTENCE_END = re.compile(
    r"\.(?:\s{1,3}[A-Z(*\\$]|\s{0,3}$|\s{0,3}\n)|\n|,?\s{1,3}(?:because|since|as|which|so|where we|by|from)\b|;\s",
    re.IGNORECASE,
)


def extract_answer(response: str, *, lenient: bool = False) -> str | None:
    """The final answer as the response writes it, or None if there is none.

    lenient: if no answer is marked, take the last formula or number.
    """
    text = after_reasoning(response)
    if text is None:
        return None
    boxes = [box for box in _boxes(text) if box[2].strip()]
    answer = _joined(text, boxes) if boxes else _after_phrase(text)
    if answer is None and lenient and not boxes:
        answer = _last_formula(text)
    if answer is None or len(answer) > MAX_ANSWER:
        return None
    return trimmed(answer) or None


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete ``\boxed{...}``, braces balanced."""
    boxes = _boxes(text)
    return boxes[-1][2] if boxes else None


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of the last complete boxes, without boxes inside other boxes."""
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


def _joined(text: str, boxes: list[tuple[int, int, str]]) -> str | None:
    """The last box, joined with those just before it across list connectors; None if the text retracts it."""
    answers = [boxes[-1][2]]
    for earlier, later in zip(reversed(boxes[:-1]), reversed(boxes), strict=False):
        between = text[earlier[1] : later[0]]
        joined = len(between) <= 32 and re.search(r"[,;]|\band\b|\bor\b", between)
        if not joined or not _CONNECTOR.fullmatch(between):
            break
        answers.insert(0, earlier[2])
    if len(answers) > 1:
        return ", ".join(answers)
    return _in_its_formula(text, boxes[-1])


def _in_its_formula(text: str, box: tuple[int, int, str]) -> str | None:
    """A box inside a formula ("-\\boxed{5}") with the adjacent parts; None if the text retracts it."""
    start, end, content = box
    before, after = text[max(0, start - 24) : start], text[end : end + 240]
    if _RETRACTED.search(after[:80]):
        return None
    later = _after_phrase(text[end:])
    other = trimmed(later) if later is not None else ""
    if other and other != trimmed(content) and compare(content, other[:MAX_ANSWER]).correct is not True:
        return None  # two final answers
    adjacent = _ADJACENT_BEFORE.search(before)
    if adjacent is not None:
        content = f"{adjacent[0].lstrip('$(')}{{{content}}}"
    if _ADJACENT_AFTER.match(after):
        rest = re.split(r"\$|\\\)|\\\]|\n|\.\s", after, maxsplit=1)[0]
        content += rest
    return content


def _after_phrase(text: str) -> str | None:
    """The text after the last "the answer is": its formulas, or the rest of the sentence."""
    last = None
    for last in _PHRASE.finditer(text):  # noqa: B007 - only the last one matters
        pass
    if last is None:
        return None
    span = text[last.end() : last.end() + MAX_ANSWER].lstrip(" \t\r\n*:\"'").removeprefix("is ")
    span = re.sub(r"[ \t]{2,}", " ", _SPECIAL.sub("", span))
    span = _FILLER.sub("", span, count=1) if _FILLER.match(span) else span
    formulas = _FORMULAS.match(span)
    if formulas is not None:
        return _formulas_and_unit(span, formulas.end())
    end = _SENTENCE_END.search(span)
    return (span[: end.start()] if end else span).rstrip("\"'}")


def _formulas_and_unit(span: str, end: int) -> str:
    """The formulas after "the answer is", with a unit after them; the complete line if the sentence continues."""
    if _ENDS.match(span, end):
        return span[:end]
    words = _WORDS_AFTER.match(span, end)
    if words is not None:
        formula = trimmed(span[:end])
        return rf"{formula}\text{{ {words[1].strip()} }}"
    return span.split("\n", 1)[0]


def _last_formula(text: str) -> str | None:
    found = [match[0] for match in _FORMULA.finditer(text[-10 * MAX_ANSWER :])]
    if not found:
        found = [match[0] for match in _NUMBER.finditer(text[-10 * MAX_ANSWER :])]
    return found[-1] if found else None
