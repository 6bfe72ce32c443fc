"""Find responses to one problem that were judged right although their answers differ: at least one of them is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from util.training.filter_text import Flaw

NOT_THE_ANSWER_OF_MOST = "differs from the answer of most responses"
NO_MAJORITY = "the responses have different answers, and none is that of most"


def disagreements(answers: Sequence[str]) -> list[Flaw | None]:
    """What is found for each of the answer parts of one problem's right responses.

    Only final answers in a box are compared, by the rules for mathematics; two differ where neither is accepted as the
    other's gold answer. Where the comparison cannot tell, they do not differ. Responses without a box, such as programs,
    are left as they are. Where one answer has more than half of the boxes, the others are found; else all are.
    """
    from util.answers.extract import extract_answer

    boxes = [extract_answer(answer) if "boxed" in answer else None for answer in answers]
    groups: list[list[int]] = []
    for number, box in enumerate(boxes):
        if box is None:
            continue
        group = next((group for group in groups if not _differ(str(boxes[group[0]]), box)), None)
        if group is None:
            groups.append([number])
        else:
            group.append(number)
    if len(groups) < 2:
        return [None] * len(answers)
    largest = max(groups, key=len)
    has_majority = 2 * len(largest) > sum(map(len, groups))
    found: list[Flaw | None] = [None] * len(answers)
    for group in groups:
        if group is largest and has_majority:
            continue
        other = boxes[largest[0] if group is not largest else next(g for g in groups if g is not group)[0]]
        for number in group:
            detail = f"{str(boxes[number])[:60]} and {str(other)[:60]}"
            found[number] = Flaw(NOT_THE_ANSWER_OF_MOST if has_majority else NO_MAJORITY, detail)
    return found


def _differ(first: str, second: str) -> bool:
    """Whether two answers certainly differ; the letter of an option and its content may be one answer."""
    from util.answers.layers import compare

    if first == second or _is_letter(first) != _is_letter(second):
        return False
    return compare(first, second).correct is False and compare(second, first).correct is False


def _is_letter(answer: str) -> bool:
    return re.fullmatch(r"\W*(?:\\text(?:bf)?\W*)?[A-Ja-j]\W*", answer) is not None
