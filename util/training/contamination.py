"""Find benchmark questions in training data: by shared 13-grams of words, as for GPT-3
(Brown et al. 2020, appendix C), and by equality after normalisation."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from util.training.gather import TrainingPool

GRAM = 13
SHORTEST = 5
"""Minimum words of a benchmark question that is searched for inside longer questions. Shorter ones must be equal."""

_WORD = re.compile(r"\w+")


class Benchmarks:
    """Fingerprints of benchmark questions: 8 bytes per 13-gram."""

    def __init__(self, questions: Iterable[tuple[str, str]]) -> None:
        """questions: (benchmark, question) pairs."""
        self._grams: dict[bytes, str] = {}
        self._exact: dict[bytes, str] = {}
        self._lengths: set[int] = set()
        self.sizes: Counter[str] = Counter()
        for name, question in questions:
            self.sizes[name] += 1
            words = _words(question)
            self._exact.setdefault(_digest(words), name)
            if SHORTEST <= len(words) < GRAM:
                self._lengths.add(len(words))
            for gram in _grams(words):
                self._grams.setdefault(gram, name)

    def source(self, question: str) -> str | None:
        """The benchmark that ``question`` overlaps with, or None."""
        words = _words(question)
        if (name := self._exact.get(_digest(words))) is not None:
            return name
        for length in sorted(self._lengths):
            if (name := next((self._exact[g] for g in _grams(words, length) if g in self._exact), None)) is not None:
                return name
        return next((self._grams[gram] for gram in _grams(words) if gram in self._grams), None)


def drop_contaminated(candidates: TrainingPool, benchmarks: Benchmarks) -> Counter[str]:
    """Remove problems that overlap with a benchmark; return the number removed for each benchmark."""
    dropped: Counter[str] = Counter()
    for identity, problem in list(candidates.problems.items()):
        if (name := benchmarks.source(candidates.question(problem))) is not None:
            candidates.drop(identity, "decontamination", "overlaps with a benchmark", name)
            dropped[name] += 1
    return dropped


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _digest(words: list[str]) -> bytes:
    return hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _grams(words: list[str], length: int = GRAM) -> Iterator[bytes]:
    for start in range(len(words) - length + 1):
        yield _digest(words[start : start + length])
