"""Benchmark questions in training data: found by shared 13-grams of words, as GPT-3's authors did
(Brown et al. 2020, appendix C), and by equality after normalising."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from util.training.gather import Pool

GRAM = 13
SHORTEST = 5
"""Words of a benchmark question that is looked for inside longer ones; shorter ones must be the whole question."""

_WORD = re.compile(r"\w+")


class Benchmarks:
    """Fingerprints of benchmark questions: 8 bytes for each 13-gram."""

    def __init__(self, questions: Iterable[tuple[str, str]]) -> None:
        """questions: (benchmark, question)."""
        self._grams: dict[bytes, str] = {}
        self._whole: dict[bytes, str] = {}
        self._lengths: set[int] = set()
        self.sizes: Counter[str] = Counter()
        for name, question in questions:
            self.sizes[name] += 1
            words = _words(question)
            self._whole.setdefault(_digest(words), name)
            if SHORTEST <= len(words) < GRAM:
                self._lengths.add(len(words))
            for gram in _grams(words):
                self._grams.setdefault(gram, name)

    def source(self, question: str) -> str | None:
        """The benchmark that ``question`` overlaps with, None if there is none."""
        words = _words(question)
        if (name := self._whole.get(_digest(words))) is not None:
            return name
        for length in sorted(self._lengths):
            if (name := next((self._whole[g] for g in _grams(words, length) if g in self._whole), None)) is not None:
                return name
        return next((self._grams[gram] for gram in _grams(words) if gram in self._grams), None)


def drop_contaminated(pool: Pool, benchmarks: Benchmarks) -> Counter[str]:
    """Remove problems that overlap with a benchmark; return how many by benchmark."""
    dropped: Counter[str] = Counter()
    for identity, problem in list(pool.problems.items()):
        if (name := benchmarks.source(pool.question(problem))) is not None:
            del pool.problems[identity]
            dropped[name] += 1
    return dropped


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _digest(words: list[str]) -> bytes:
    return hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _grams(words: list[str], length: int = GRAM) -> Iterator[bytes]:
    for start in range(len(words) - length + 1):
        yield _digest(words[start : start + length])
