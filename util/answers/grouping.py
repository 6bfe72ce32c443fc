"""Commas between digits: do they group thousands or separate items?

``1,234`` is one number and ``(1,234)`` two; ``110,121`` may be either. Braced commas always group and are
removed earlier (layout.py).
"""

from __future__ import annotations

import re

_PAIR = re.compile(r"\d,\d{3}(?!\d)")
_OPENING, _CLOSING = "([{", ")]}"


def ambiguous(text: str) -> bool:
    """Whether a comma of the text might group digits."""
    return _PAIR.search(text) is not None


def grouped(text: str) -> str:
    """The usual reading: outside brackets commas group digits if all of them can, inside brackets they separate.

    A space is added after each separating comma, which is how the tokenizer distinguishes them.
    """
    if not ambiguous(text):
        return text
    parts: list[str] = []
    for start, end, depth in _stretches(text):
        part = text[start:end]
        spaced = ", " in part
        tight = re.findall(r"(?<=\d),(?=\S)", part)
        groups = len(re.findall(r"\d,(?=\d{3}(?!\d))", part)) == len(tight)
        if (depth and not spaced) or not groups:
            part = part.replace(",", ", ")
        parts.append(part)
    return "".join(parts)


def separated(text: str) -> str:
    """The alternative reading: every comma separates."""
    return re.sub(r",(?=\S)", ", ", text)


def _stretches(text: str) -> list[tuple[int, int, int]]:
    """(start, end, depth) of the stretches of text between brackets."""
    found, start, depth = [], 0, 0
    for place, character in enumerate(text):
        step = (character in _OPENING) - (character in _CLOSING)
        if step:
            found.append((start, place + (step < 0), depth))
            start, depth = place + (step < 0), depth + step
    return [*found, (start, len(text), depth)]
