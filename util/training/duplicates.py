"""Find near-duplicate questions with MinHash (Broder 1997) and locality-sensitive hashing."""

from __future__ import annotations

import re
from collections import Counter

from util.training.gather import TrainingPool
from util.training.problem_names import plain

PERMUTATIONS, BANDS, SEED = 128, 32, 1
SHINGLE = 3
"""Words per shingle. Shorter questions are never near-duplicates."""

_WORD = re.compile(r"\w+|[^\w\s]")
_OPERATORS = frozenset("+-*/^=<>%")


def drop_near_duplicates(candidates: TrainingPool, threshold: float) -> int:
    """Remove problems whose question nearly equals an earlier one; return how many.

    threshold: estimated Jaccard similarity of word trigrams. Problems that differ in their numbers or
    operators are kept, however similar the words: a template filled in twice gives two problems.
    """
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    kept: list[tuple[object, frozenset[tuple[str, int]]]] = []
    dropped = 0
    for identity, problem in list(candidates.problems.items()):
        if not problem.right:
            continue  # must not replace a problem that has right responses
        words = _WORD.findall(plain(candidates.question(problem)).lower())
        grams = [" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)]
        if not grams:
            continue
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
        sketch.update(grams)
        values = _values(words)
        alike = (kept[number] for number in index.query(sketch))
        if any(same == values and sketch.jaccard(other) >= threshold for other, same in alike):
            candidates.drop(identity, "duplicates", "question nearly equals an earlier one")
            dropped += 1
        else:
            index.insert(len(kept), sketch)
            kept.append((sketch, values))
    return dropped


def _values(words: list[str]) -> frozenset[tuple[str, int]]:
    """The numbers and operators of a question, with their counts."""
    return frozenset(Counter(word for word in words if word in _OPERATORS or any(map(str.isdigit, word))).items())
