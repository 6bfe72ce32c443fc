"""Find benchmark questions in training data by their words: 13-grams, as for GPT-3 (Brown et al. 2020, appendix C), and
equality. Layout, spacing, markup and the spelling of numbers make no difference (``contamination_words``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from util.training.contamination_words import plain_formulas, signed, spellings, words
from util.training.gather import TrainingPool

GRAM = 13
SHORTEST = 5
"""Minimum words of a benchmark question that is searched for inside longer questions. Shorter ones must be equal."""


_WORD = re.compile(r"\w+")


class Benchmarks:
    """Fingerprints of benchmark questions: a 64-bit hash per 13-gram, valid in this process alone.

    Questions of fewer than 13 words are compared with their operators: 8 + 5 is not 8 - 5.
    """

    def __init__(self, questions: Iterable[tuple[str, ...]]) -> None:
        """questions: (benchmark, question) pairs; where a third text follows, the options of a choice."""
        self._grams: dict[int, str] = {}
        self._exact: dict[int, str] = {}
        self._lengths: set[int] = set()
        self.sizes: Counter[str] = Counter()
        for name, question, *options in questions:
            self.sizes[name] += 1
            for signs in spellings(question):
                tokens = words(signs)
                if tokens:
                    self._exact.setdefault(_hash(signed(signs)), name)
                if 0 < len(tokens) < GRAM and len(_WORD.findall(plain_formulas(question))) >= SHORTEST:
                    self._lengths.add(len(tokens))
                for gram in _grams(tokens, GRAM):
                    self._grams.setdefault(gram, name)
            for text in options:
                signs = next(spellings(f"{question} {text}"))
                self._exact.setdefault(_hash(signed(signs)), name)

    def source(self, question: str) -> str | None:
        """The benchmark that ``question`` overlaps with, or None."""
        return next(filter(None, map(self._source, spellings(question))), None)

    def _source(self, signs: list[str]) -> str | None:
        tokens = signed(signs)
        if (name := self._exact.get(_hash(tokens))) is not None:
            return name
        for length in sorted(self._lengths):
            for start, gram in enumerate(_grams(tokens, length)):
                if gram in self._exact and not _goes_on(tokens, start + length):
                    return self._exact[gram]
        return next((self._grams[gram] for gram in _grams(words(signs), GRAM) if gram in self._grams), None)


def drop_contaminated(candidates: TrainingPool, benchmarks: Benchmarks) -> Counter[str]:
    """Remove problems that overlap with a benchmark; return the number removed for each benchmark."""
    dropped: Counter[str] = Counter()
    for identity, problem in list(candidates.problems.items()):
        if (name := benchmarks.source(candidates.question(problem))) is not None:
            candidates.drop(identity, "decontamination", "overlaps with a benchmark", name)
            dropped[name] += 1
    return dropped


def _goes_on(tokens: list[str], end: int) -> bool:
    """Whether the formula before ``end`` is longer than that of the question: 2 + 2 in 2 + 2 + 5."""
    return end < len(tokens) and tokens[end][0] in "-+*/^"


def _hash(tokens: list[str]) -> int:
    return hash(tuple(tokens))


def _grams(tokens: list[str], length: int) -> Iterator[int]:
    for start in range(len(tokens) - length + 1):
        yield hash(tuple(tokens[start : start + length]))
