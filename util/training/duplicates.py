"""Near-duplicate questions, by MinHash (Broder 1997) with locality-sensitive hashing."""

from __future__ import annotations

import re
from collections import Counter

from util.training.gather import Pool, Problem, plain

PERMUTATIONS, BANDS, SEED = 128, 32, 1
SHINGLE = 3
"""Words a shingle. Questions shorter than that are only compared exactly."""

_WORD = re.compile(r"\w+|[^\w\s]")
_OPERATORS = frozenset("+-*/^=<>%")


def drop_near_duplicates(pool: Pool, threshold: float) -> int:
    """Remove problems whose question all but repeats an earlier one; return how many.

    threshold: estimated Jaccard similarity of word trigrams. Questions with different numbers or
    symbols are different problems, however alike their words are: a template filled twice stays.
    """
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    kept: list[tuple[object, frozenset[tuple[str, int]]]] = []
    dropped = 0
    for identity, problem in list(pool.problems.items()):
        if not problem.right:
            continue  # it must not stand for one that has right responses
        words = _WORD.findall(plain(pool.question(problem)).lower())
        grams = [" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)]
        if not grams:
            continue
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
        sketch.update(grams)
        values = _values(words)
        alike = (kept[number] for number in index.query(sketch))
        if any(same == values and sketch.jaccard(other) >= threshold for other, same in alike):
            del pool.problems[identity]
            dropped += 1
        else:
            index.insert(len(kept), sketch)
            kept.append((sketch, values))
    return dropped


def _values(words: list[str]) -> frozenset[tuple[str, int]]:
    """Numbers and operators with their counts: what makes one problem another."""
    return frozenset(Counter(word for word in words if word in _OPERATORS or any(map(str.isdigit, word))).items())


def count_problems(pool: Pool, problems: list[Problem], stage: str) -> None:
    """Count every response of ``problems`` as having come to ``stage``."""
    for problem in problems:
        pool.count(problem.source, stage, len(problem.right))
