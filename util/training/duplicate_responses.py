"""Near duplicates among the responses to one problem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from util.training.duplicates import grams_of, sketch

SHINGLE = 5
"""Words per shingle. Shorter responses are never near duplicates."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")


def near_duplicates(texts: Sequence[str], threshold: float) -> list[tuple[int, int]]:
    """(number of a text that is dropped, number of the one that it nearly equals and that stays), in the order of texts.

    The shortest of similar texts stays; of equally long ones the first in the alphabet, so that the order in which they
    come does not matter. threshold: estimated Jaccard similarity of word 5-grams.
    """
    sketches: list[Any] = []
    for text in texts:
        lower = text.lower()
        grams = grams_of(lower.split() if lower.isascii() else _WORD.findall(lower), SHINGLE)
        sketches.append(sketch(grams) if grams else None)
    kept: list[int] = []
    dropped: list[tuple[int, int]] = []
    for number in sorted(range(len(texts)), key=lambda one: (len(texts[one]), texts[one])):
        mine = sketches[number]
        similar = [other for other in kept if sketches[other] is not None] if mine is not None else []
        twin = next((other for other in similar if sketches[other].jaccard(mine) >= threshold), None)
        if twin is None:
            kept.append(number)
        else:
            dropped.append((number, twin))
    return sorted(dropped)
