"""Find the final answer of a response, the last committed statement of one, and judge it.

The grammar of endings is described in docs/answers.md ("Which text is the answer"); its parts are in
``util/answers/extraction``. Thought and answer are told apart first, then candidates are found, and one rule chooses.
"""

from __future__ import annotations

from dataclasses import replace

from util.answers.extraction.answer_part import answer_part
from util.answers.extraction.boxes import (
    AnswerBox,
    alternatives,
    boxes_in,
    cases_differ,
    group_of,
    joint_content,
    other_behind,
)
from util.answers.extraction.candidate import BOX, Candidate, Extraction, finished
from util.answers.extraction.commitment import (
    CONDITIONAL,
    DENIED,
    TAKEN_BACK,
    fault_of,
    is_aside,
    is_remark,
    taken_back,
)
from util.answers.extraction.markers import last_formula, marked, unmarked
from util.answers.extraction.surroundings import PART_OF_FORMULA, in_its_formula
from util.answers.layers import compare
from util.answers.layout import MAX_ANSWER
from util.answers.policy import STRICT, Policy
from util.records import NO_FINAL_ANSWER, UNREADABLE_GOLD, Verdict

NO_END = "the reasoning never ends"
NOTHING = "nothing states an answer"
CUT = "the last box is not closed"
TWO = "two different final answers"
SEVERAL = "it is offered as one of several"
TOO_LONG = "the answer is too long"
UNDECIDED = (SEVERAL, PART_OF_FORMULA, CONDITIONAL)
"""Faults of a box that leave open what the answer is, so that no earlier one is it either."""


def extract_answer(response: str, *, lenient: bool = False) -> str | None:
    """The final answer as the response writes it, or None if there is none.

    lenient: if no answer is marked, take the last formula or number.
    """
    return extract(response, lenient=lenient).answer


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete ``\boxed{...}``, braces balanced."""
    boxes = boxes_in(text).found
    return boxes[-1].content if boxes else None


def extract(response: str, *, lenient: bool = False) -> Extraction:
    """The final answer of a response with the reason for it, see ``Extraction``. Arguments as in ``extract_answer``."""
    text = answer_part(response)
    if text is None:
        return Extraction(None, NO_END)
    boxes = boxes_in(text)
    found = _candidates(text, boxes.found)
    if not found and boxes.unclosed < 0:
        extra = unmarked(text) or (last_formula(text) if lenient else None)
        if extra is not None:
            fault = extra.fault or fault_of(text, extra.start, extra.end)
            found = [replace(extra, text=finished(extra.text), fault=fault)]
    if boxes.unclosed >= 0 and boxes.unclosed > max((candidate.start for candidate in found), default=-1):
        return Extraction(None, CUT, tuple(found))
    return _chosen(text, found)


def _candidates(text: str, boxes: list[AnswerBox]) -> list[Candidate]:
    """The candidates with their faults, in their order. What stands before a committed box is not looked at."""
    found: list[Candidate] = []
    count, start = len(boxes), 0
    while count:
        group = group_of(text, boxes[:count])
        found.append(_boxed(text, boxes[:count], group))
        if not found[-1].fault and not found[-1].weak:
            start = found[-1].end
            break
        count -= len(group)
    starts = {box.start for box in boxes}
    for candidate in marked(text, starts, start):
        if any(candidate.start <= place < candidate.end + 2 for place in starts):
            continue
        fault = candidate.fault or fault_of(text, candidate.start, candidate.end, phrase=True)
        if not fault and _offers_another(text, candidate.end, candidate.text):
            fault = SEVERAL
        weak = candidate.weak or is_remark(text, candidate.start)
        found.append(replace(candidate, text=finished(candidate.text), fault=fault, weak=weak))
    found = [candidate for candidate in found if candidate.text]
    return sorted(found, key=lambda candidate: (candidate.start, candidate.end))


def _boxed(text: str, boxes: list[AnswerBox], group: list[AnswerBox]) -> Candidate:
    """The candidate of the boxes of a group, the last of ``boxes``, with the formula around them."""
    first, last = group[0], group[-1]
    content = joint_content(text, group)
    if len(group) > 1 and all(_equal(first.content, box.content) for box in group[1:]):
        content = first.content
    reading = in_its_formula(text, first, last, content)
    fault = fault_of(text, first.start, last.end) or reading.fault
    if not fault and (
        (content != first.content and alternatives(text, group))
        or (len(group) == 1 and cases_differ(text, boxes))
        or _offers_another(text, reading.end, reading.text)
    ):
        fault = SEVERAL
    return Candidate(finished(reading.text), first.start, last.end, BOX, fault, is_aside(text, first.start))


def _offers_another(text: str, end: int, answer: str) -> bool:
    other = other_behind(text, end)
    return other is not None and not _equal(answer, other)


def _chosen(text: str, found: list[Candidate]) -> Extraction:
    """The last committed statement, unless an earlier box says something else or the text takes it back."""
    candidates = tuple(found)
    committed = [candidate for candidate in found if not candidate.fault]
    strong = [candidate for candidate in committed if not candidate.weak] or committed
    if not strong:
        return Extraction(None, found[-1].fault if found else NOTHING, candidates)
    last = strong[-1]
    open_boxes = [c for c in found if c.kind == BOX and c.start > last.start and c.fault in UNDECIDED]
    if open_boxes:
        return Extraction(None, open_boxes[-1].fault, candidates)
    boxes = [candidate for candidate in strong if candidate.kind == BOX]
    if boxes and last.kind != BOX:
        box = boxes[-1]
        if _is_wordy(last.text) and not _is_wordy(box.text):
            return _checked(text, box, candidates)
        if _equal(box.text, last.text):
            return _checked(text, replace(box, end=last.end), candidates)
        if not taken_back(text[: last.start], box.end):
            return Extraction(None, TWO, candidates)
    return _checked(text, last, candidates)


def _checked(text: str, chosen: Candidate, candidates: tuple[Candidate, ...]) -> Extraction:
    later = [other for other in candidates if other.start >= chosen.end and other.fault]
    if any(other.text == chosen.text and other.fault == DENIED for other in later) or taken_back(text, chosen.end):
        return Extraction(None, TAKEN_BACK, candidates)
    if len(chosen.text) > MAX_ANSWER:
        return Extraction(None, TOO_LONG, candidates)
    return Extraction(chosen.text, f"the last statement, a {chosen.kind}", candidates, chosen.kind)


def _is_wordy(answer: str) -> bool:
    """Whether an answer is told in words without a formula."""
    return any(c.isalpha() for c in answer) and not any(c.isdigit() or c in "\\$=" for c in answer) and len(answer) > 3


def _equal(one: str, other: str) -> bool:
    if one == other or max(len(one), len(other)) > MAX_ANSWER:
        return one == other
    return compare(one, other).correct is True or compare(other, one).correct is True


_NOTHING = {"answer": None, "layer": ""}


def verify(response: str, gold: str, policy: Policy = STRICT) -> Verdict:
    """Judge a whole response against the gold answer.

    The evidence is as in ``compare``; without a final answer it is {"answer": None, "layer": ""}, and "why" says why
    none of the texts that look like answers counts, if there are any. The reason stays the same for all of these: runs
    count responses without an answer by it.
    """
    if not gold.strip() or len(gold) > MAX_ANSWER:
        return Verdict(None, UNREADABLE_GOLD, dict(_NOTHING))
    found = extract(response, lenient=policy.lenient)
    if found.answer is None:
        why = {"why": found.reason} if found.candidates else {}
        return Verdict(False, NO_FINAL_ANSWER, {**_NOTHING, **why})
    return compare(gold, found.answer, policy)
