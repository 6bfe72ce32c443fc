"""Which right responses of a problem are used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from util.training.gather import Sample, TrainingProblem
from util.training.selection_options import DIVERSE

if TYPE_CHECKING:
    import numpy as np

SHINGLE = 3
"""Words per shingle of the distance between responses."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")


def chosen(
    problem: TrainingProblem, select: str, most: int | None, text_of: Callable[[Sample], str] | None = None
) -> list[Sample]:
    """The right responses of a problem that are used: at most ``most``, in the order of ``select``.

    Responses judged by these tools come before those from extra files. text_of: reads a response; only "diverse:K" needs it.
    """
    if select.startswith(DIVERSE):
        assert text_of is not None
        number = int(select.removeprefix(DIVERSE))
        return _diverse(problem, number if most is None else min(number, most), text_of)
    sign = {"shortest": 1, "longest": -1}.get(select, 0)
    order = sorted(problem.right, key=lambda sample: (not sample.ours, sign * sample.size))
    return order[: most if most is not None else None if select == "all" else 1]


def pairs(problem: TrainingProblem, pair_with: str) -> list[tuple[Sample, Sample]]:
    """(chosen, rejected) pairs of judged responses: the shortest right one with the longest right one or the
    longest wrong one. Responses from extra files are not used."""
    right = [sample for sample in problem.right if sample.ours]
    if not right:
        return []
    best = min(right, key=lambda sample: sample.size)
    longest = max(right, key=lambda sample: sample.size)
    found = [(best, longest)] if pair_with in ("longest", "both") and longest.size > best.size else []
    if pair_with in ("incorrect", "both") and problem.wrong:
        found.append((best, max(problem.wrong, key=lambda sample: sample.size)))
    return found


def _diverse(problem: TrainingProblem, number: int, text_of: Callable[[Sample], str]) -> list[Sample]:
    ours = [sample for sample in problem.right if sample.ours]
    others = [sample for sample in problem.right if not sample.ours]
    found: list[Sample] = []
    for group in (ours, others):
        wanted = number - len(found)
        if 0 < wanted < len(group):
            group = [group[place] for place in farthest([text_of(sample) for sample in group], wanted)]
        found += group[: max(0, wanted)]
    return found


def farthest(texts: Sequence[str], number: int) -> list[int]:
    """The places of ``number`` texts that are far from each other, by farthest-point sampling (Gonzalez 1985).

    The shortest is first; then always that whose nearest chosen one is farthest, by the Jaccard distance of word trigrams.
    Of equally far ones the shorter, then the first in the alphabet: the order of ``texts`` does not matter.
    """
    import numpy as np

    if not texts:
        return []
    grams = [_grams(text) for text in texts]
    preferred = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place]))
    found = [preferred[0]]
    nearest = np.ones(len(texts))
    while len(found) < min(number, len(texts)):
        last = grams[found[-1]]
        nearest = np.minimum(nearest, [_distance(last, other) for other in grams])
        left = [place for place in preferred if place not in found]
        found.append(max(left, key=lambda place: nearest[place]))  # the first of equals is preferred
    return found


def _grams(text: str) -> np.ndarray[Any, Any]:
    """Sorted hashes of the different word trigrams."""
    import numpy as np

    words = _WORD.findall(text.lower())
    runs = zip(*(words[start:] for start in range(SHINGLE)), strict=False)
    return np.unique(np.fromiter(map(hash, runs), dtype=np.int64))


def _distance(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    import numpy as np

    common = len(np.intersect1d(first, second, assume_unique=True))
    union = len(first) + len(second) - common
    return 1 - common / union if union else 0.0
