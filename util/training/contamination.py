"""Find benchmark questions in training data by their words: 13-grams, as for GPT-3 (Brown et al. 2020, appendix C), and
equality. Layout, spacing, markup and the spelling of numbers make no difference (``contamination_words``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from util.training.contamination_words import plain_formulas, signed, spellings, words

GRAM = 13
SHORTEST = 5
"""Minimum words of a benchmark question that is searched for inside longer questions. Shorter ones must be equal."""


_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class WordMatch:
    """A benchmark question that a training question has in it."""

    benchmark: str
    question: str
    why: str


class Benchmarks:
    """Fingerprints of benchmark questions: a 64-bit hash per 13-gram, valid in this process alone.

    Questions of fewer than 13 words are compared with their operators: 8 + 5 is not 8 - 5.
    """

    def __init__(self, questions: Iterable[tuple[str, ...]]) -> None:
        """questions: (benchmark, question) pairs; where a third text follows, the options of a choice."""
        self._grams: dict[int, int] = {}
        self._exact: dict[int, int] = {}
        self._lengths: set[int] = set()
        self._questions: list[tuple[str, str]] = []
        self.sizes: Counter[str] = Counter()
        for number, (name, question, *options) in enumerate(questions):
            self.sizes[name] += 1
            self._questions.append((name, question))
            for signs in spellings(question):
                tokens = words(signs)
                if tokens:
                    self._exact.setdefault(_hash(signed(signs)), number)
                if 0 < len(tokens) < GRAM and len(_WORD.findall(plain_formulas(question))) >= SHORTEST:
                    self._lengths.add(len(tokens))
                for gram in _grams(tokens, GRAM):
                    self._grams.setdefault(gram, number)
            for text in options:
                signs = next(spellings(f"{question} {text}"))
                self._exact.setdefault(_hash(signed(signs)), number)

    def source(self, question: str) -> str | None:
        """The benchmark that ``question`` overlaps with, or None."""
        found = self.find(question)
        return found.benchmark if found is not None else None

    def find(self, question: str) -> WordMatch | None:
        """The first benchmark question that ``question`` overlaps with, or None."""
        return next(filter(None, map(self._find, spellings(question))), None)

    def _find(self, signs: list[str]) -> WordMatch | None:
        tokens = signed(signs)
        if (number := self._exact.get(_hash(tokens))) is not None:
            return self._match(number, "the same words")
        for length in sorted(self._lengths):
            for start, gram in enumerate(_grams(tokens, length)):
                if gram in self._exact and not _goes_on(tokens, start + length):
                    return self._match(self._exact[gram], f"all {length} words of the question")
        number = next((self._grams[gram] for gram in _grams(words(signs), GRAM) if gram in self._grams), None)
        return self._match(number, f"{GRAM} words in a row") if number is not None else None

    def _match(self, number: int, why: str) -> WordMatch:
        return WordMatch(*self._questions[number], why)


def _goes_on(tokens: list[str], end: int) -> bool:
    """Whether the formula before ``end`` is longer than that of the question: 2 + 2 in 2 + 2 + 5."""
    return end < len(tokens) and tokens[end][0] in "-+*/^"


def _hash(tokens: list[str]) -> int:
    return hash(tuple(tokens))


def _grams(tokens: list[str], length: int) -> Iterator[int]:
    for start in range(len(tokens) - length + 1):
        yield hash(tuple(tokens[start : start + length]))
