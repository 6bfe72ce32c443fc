"""The letter that a response to a multiple-choice question settles on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from util.answers.equivalence import canonical
from util.answers.extract import after_reasoning, extract_answer

_LETTER = re.compile(
    r"(?:\\(?:text|textbf|mathrm|mathbf|rm|bf)\s*\{?\s*)*"
    r"[({\[]?\s*(?:option|choice)?\s*[({\[]?\s*([A-Z])\s*[)}\]]*\s*(?:$|[).:,;}\s\]])",
    re.IGNORECASE,
)
_STATED = re.compile(
    r"\b(?:answer|option|choice)\s*(?:is|:)\s*:?\s*\**\s*(?:option|choice)?\s*[({\[]?([A-Z])[)}\]]?(?![\w'])",
    re.IGNORECASE,
)


def extract_choice(response: str, options: Sequence[str]) -> str | None:
    """ "A", "B", ... or None if the response names no option.

    A letter is accepted in a box or behind "the answer is"; an option's whole
    content stands for its letter if no other option has the same.
    """
    letters = [chr(ord("A") + i) for i in range(len(options))]
    answer = extract_answer(response)
    if answer is not None:
        match = _LETTER.match(answer)
        # A lone article ("a triangle") is a word, not an option.
        if match and match[1].upper() in letters and (match[1].isupper() or len(answer) == 1):
            return match[1].upper()
        wanted = canonical(answer)
        same = [letter for letter, option in zip(letters, options, strict=True) if canonical(option) == wanted]
        if len(same) == 1:
            return same[0]
    text = after_reasoning(response)
    stated = [m[1] for m in _STATED.finditer(text or "") if m[1] in letters]
    return stated[-1] if stated else None
