"""Judge a response by all instructions of a row, strictly and loosely."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from util.instructions.instruction_arguments import Arguments, Undecided
from util.instructions.rules import INSTRUCTIONS


@dataclass(frozen=True)
class Following:
    """Whether one instruction was followed; None where it cannot be told, and why. row: whether the row is the cause."""

    instruction: str
    strict: bool | None
    loose: bool | None
    why: str = ""
    row: bool = False


def follow(ids: Sequence[str], kwargs: Sequence[Mapping[str, Any] | None], text: str) -> list[Following]:
    """Each instruction of a row, in its order. text: the response without its thought.

    An empty text follows none.
    """
    variants = loose_variants(text)
    padded = [*kwargs, *[None] * (len(ids) - len(kwargs))]
    return [_one(name, Arguments(values or {}), variants) for name, values in zip(ids, padded, strict=False)]


def every(found: Sequence[bool | None]) -> bool | None:
    """Whether all are true; None where that depends on one that cannot be told.

    >>> every([True, None]), every([False, None]), every([True, True])
    (None, False, True)
    """
    if any(value is False for value in found):
        return False
    return None if any(value is None for value in found) else True


def loose_variants(text: str) -> list[str]:
    """The text first, then without asterisks, first line, last line, and all combinations (section 2.3 of the paper)."""
    lines = text.split("\n")
    cut = [lines, lines[1:], lines[:-1], lines[1:-1]]
    found = [text, *("\n".join(part).strip() for part in cut[1:])]
    return list(dict.fromkeys([*found, *(variant.replace("*", "") for variant in found)]))


def _one(name: str, arguments: Arguments, variants: Sequence[str]) -> Following:
    rule = INSTRUCTIONS.get(name)
    if rule is None:
        near = difflib.get_close_matches(name, INSTRUCTIONS, 1)
        hint = f"; did the row mean {near[0]}?" if near else ""
        return Following(name, None, None, f"unknown instruction{hint}", row=True)
    strict: bool | None = None
    doubt: Undecided | None = None
    for variant in variants:
        try:
            followed = bool(variant.strip()) and rule(arguments, variant)
        except Undecided as error:
            doubt = doubt or error
            followed = None
        if variant is variants[0]:
            strict = followed
        if followed:
            return Following(name, strict, True, str(doubt or "") if strict is None else "", row=_row(doubt))
    if doubt is None:
        return Following(name, strict, False)
    return Following(name, strict, None, str(doubt), row=doubt.row)


def _row(doubt: Undecided | None) -> bool:
    return doubt is not None and doubt.row
