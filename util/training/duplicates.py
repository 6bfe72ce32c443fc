"""Find near-duplicate questions with MinHash (Broder 1997) and locality-sensitive hashing.

Memory: 132 bytes per problem, and the texts of no more than ``REMEMBERED`` questions. Sketches are not stored: a question
that shares a band with an earlier one is read from the temporary file again.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from util.training.gather import TrainingPool
from util.training.problem_names import plain

if TYPE_CHECKING:
    import numpy as np

PERMUTATIONS, BANDS, SEED = 128, 32, 1
SHINGLE = 3
"""Words per shingle. Shorter questions are never near-duplicates."""
REMEMBERED = 512
"""Sketches that are kept, of the questions that were compared last."""

_WORD = re.compile(r"\w+|[^\w\s]")
_OPERATORS = frozenset("+-*/^=<>%")


def drop_near_duplicates(candidates: TrainingPool, threshold: float) -> int:
    """Remove problems whose question nearly equals an earlier one; return how many.

    threshold: estimated Jaccard similarity of word trigrams. Problems that differ in their numbers or
    operators are kept, however similar the words: a template filled in twice gives two problems.
    """
    identities, keys = _band_keys(candidates)
    is_shared = _shared(keys)

    @lru_cache(maxsize=REMEMBERED)
    def sketch_of(identity: bytes) -> tuple[Any, frozenset[tuple[str, int]]]:
        words = _words(candidates.question(candidates.problems[identity]))
        return sketch(grams_of(words, SHINGLE)), _values(words)

    buckets: dict[tuple[int, int], list[bytes]] = {}
    dropped = 0
    for number in map(int, is_shared.max(axis=1, initial=False).nonzero()[0]):
        identity = identities[number]
        places = [(band, int(keys[number, band])) for band in map(int, is_shared[number].nonzero()[0])]
        mine, values = sketch_of(identity)
        earlier = dict.fromkeys(other for place in places for other in buckets.get(place, ()))
        for other in earlier:
            theirs, same = sketch_of(other)
            if same == values and mine.jaccard(theirs) >= threshold:
                twin = candidates.question(candidates.problems[other])
                candidates.drop(identity, "duplicates", "question nearly equals an earlier one", twin)
                dropped += 1
                break
        else:
            for place in places:
                buckets.setdefault(place, []).append(identity)
    return dropped


def grams_of(words: list[str], length: int) -> list[str]:
    return [" ".join(words[start : start + length]) for start in range(len(words) - length + 1)]


def sketch(grams: list[str]) -> Any:
    """The MinHash of a set of strings; ``jaccard`` estimates the similarity of two."""
    from rensa import RMinHash

    found = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    found.update(grams)
    return found


def _band_keys(candidates: TrainingPool) -> tuple[list[bytes], np.ndarray[Any, Any]]:
    """(identities, 32-bit keys of shape [problems, BANDS]) of the problems that have right responses and enough words.

    Two questions have the same key in a band where their sketches agree in it and their numbers and operators are the
    same; different ones have it by chance once in 2^32, which the comparison of their texts finds.
    """
    import numpy as np

    identities: list[bytes] = []
    keys = array("I")
    for identity, problem in candidates.problems.items():
        if not problem.right:
            continue  # must not replace a problem that has right responses
        words = _words(candidates.question(problem))
        if len(words) < SHINGLE:
            continue
        digest = np.array(sketch(grams_of(words, SHINGLE)).digest(), dtype=np.uint64)
        mixed = np.full(BANDS, hash(_values(words)) & (2**64 - 1), dtype=np.uint64)
        for column in digest.reshape(BANDS, -1).T:
            mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        keys.frombytes((mixed >> np.uint64(32)).astype(np.uint32).tobytes())
        identities.append(identity)
    return identities, np.frombuffer(keys, dtype=np.uint32).reshape(-1, BANDS)


def _shared(keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which keys occur more than once in their band; the shape of ``keys``."""
    import numpy as np

    found = np.zeros(keys.shape, dtype=bool)
    for band in range(keys.shape[1]):
        _, where, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        found[:, band] = counts[where] > 1
    return found


def _words(question: str) -> list[str]:
    return _WORD.findall(plain(question).lower())


def _values(words: list[str]) -> frozenset[tuple[str, int]]:
    """The numbers and operators of a question, with their counts."""
    return frozenset(Counter(word for word in words if word in _OPERATORS or any(map(str.isdigit, word))).items())
